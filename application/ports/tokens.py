from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.identity.actor import Role
from domain.shared.ids import OrgId, SessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says. It counts for nothing without the session behind it."""

    user_id: UserId
    org_id: OrgId
    role: Role
    session_id: SessionId
    generation: int
    issued_at: datetime
    expires_at: datetime
    mfa_verified: bool = False


class AccessTokens(Protocol):
    def issue(self, claims: AccessClaims) -> str: ...

    def read(self, token: str) -> AccessClaims | None:
        """What an access token of ours says, though it may have run out; None for any other text."""

    def verify(self, token: str) -> AccessClaims:
        """Raises Unauthenticated for whatever is not exactly an access token of ours, good now."""


class TokenSealer(Protocol):
    """Keeps a refresh token so that only the bearer of its parent can have it again."""

    def seal(self, parent: str, child: str) -> bytes: ...

    def open(self, parent: str, sealed: bytes) -> str: ...


class KeyedHash(Protocol):
    """A stand-in for an address: the same each time, meaningless without our key."""

    def of(self, text: str) -> bytes: ...
