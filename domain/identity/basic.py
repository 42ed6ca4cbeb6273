"""Legacy callers: a name and a password from the environment, with a role. A bridge, not an identity."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import compare_digest, digest

from domain.identity.actor import Role

MOST_NAME = 254
_KEY = secrets.token_bytes(32)  # digests are as long as one another, whatever went in


@dataclass(frozen=True, slots=True)
class BasicPair:
    role: Role
    username: bytes
    password: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """For the audit log: any bytes as text that a database takes."""
        return self.username.decode(errors="replace")[:MOST_NAME]


class BasicPairs:
    """Every pair is compared with what was given, to the last one: time tells nothing of them."""

    def __init__(self, pairs: Iterable[BasicPair]) -> None:
        self._known = [(_digest(pair.username), _digest(pair.password), pair) for pair in pairs]

    def find(self, username: bytes, password: bytes) -> BasicPair | None:
        """Of pairs that are equal the later one: they are listed from the mightiest role down."""
        given_username, given_password = _digest(username), _digest(password)
        found = None
        for known_username, known_password, pair in self._known:
            same = compare_digest(known_username, given_username)
            same &= compare_digest(known_password, given_password)
            found = pair if same else found
        return found


def _digest(text: bytes) -> bytes:
    return digest(_KEY, text, "sha256")
