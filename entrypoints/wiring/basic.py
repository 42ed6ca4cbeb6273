"""The pairs of legacy Basic callers, as the environment spells them."""

from collections.abc import Iterator

from domain.identity.actor import Role
from domain.identity.basic import BasicPair
from entrypoints.settings import Settings
from entrypoints.settings.rules import basic_pairs as configured

ROLES = {"accountant": Role.FINANCE}  # by another name; the others are called alike


def basic_pairs(settings: Settings) -> Iterator[BasicPair]:
    """Whole pairs alone."""
    for name, username, password in configured(settings.basic):
        if username and password:
            role = ROLES.get(name) or Role(name)
            yield BasicPair(role, _bytes(username), _bytes(password.reveal()))


def _bytes(text: str) -> bytes:
    """As they stood in the environment, which need not be UTF-8."""
    return text.encode(errors="surrogateescape")
