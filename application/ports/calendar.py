from datetime import datetime
from typing import Protocol

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.shared.ids import BookingId


class Calendar(Protocol):
    """What is known of the organisation's time, read as of one instant of the database."""

    async def facts(
        self, start: datetime, end: datetime, *, now: datetime, ignoring: BookingId | None = None
    ) -> CalendarFacts:
        """All teams and workers; holds in force at `now`, finished jobs and blackouts that touch
        `[start, end)` or the longest buffer after it. `ignoring` leaves that booking out. One statement,
        however many teams and workers there are."""

    async def find(self, booking_id: BookingId) -> Hold | None:
        """The booking's time, team and crew, whatever its state."""

    async def share(self) -> None:
        """Keep an org-wide blackout from being made until our unit ends; any number may share."""

    async def exclude(self) -> None:
        """Keep every booking from being written until our unit ends. Taken before any row is locked."""
