from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.booking.booking import Booking
from domain.shared.ids import OrgId


class Reminders(Protocol):
    """Which near visits of this organisation (domain.booking.reminder) have no reminder for their start."""

    async def claim(self, now: datetime, limit: int) -> Sequence[Booking]:
        """Those with a client's address that no other unit is working on, locked, by start, then id."""

    async def count_unreachable(self, now: datetime) -> int:
        """Those without a client's address."""


class ReminderOrgs(Protocol):
    """A door: which active organisations have near visits without a reminder, address or not."""

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        """By id."""
