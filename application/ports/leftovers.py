from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.shared.ids import OrgId


class Leftovers(Protocol):
    """What an organisation keeps for a time and then no more: idempotency keys, sessions, mailed links."""

    async def purge(self, now: datetime, limit: int) -> int:
        """Remove at most so many of each kind whose time is over; how many there were in all."""


class LeftoverOrgs(Protocol):
    """A door: which organisations have something to purge. Suspended ones are passed over."""

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        """By id."""
