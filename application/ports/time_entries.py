from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.booking.time_entry import EntryState, Segment, TimeEntry
from domain.shared.ids import BookingId, TimeEntryId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFilter:
    """Entries that began in `[started_from, started_before)`, and all else that is named."""

    started_from: datetime | None = None
    started_before: datetime | None = None
    worker_id: WorkerId | None = None
    states: frozenset[EntryState] = frozenset()


@dataclass(frozen=True, slots=True)
class TimePosition:
    """Where a page ended, in the order newest start, id."""

    started_at: datetime
    entry_id: TimeEntryId


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An entry with its worker's name of today, and what its booking was planned to take."""

    entry: TimeEntry
    worker_name: str
    planned_minutes: int


class TimeEntries(Protocol):
    """Whose clock ran when. Whoever writes an entry has locked its booking, and its worker before that."""

    async def get(self, entry_id: TimeEntryId) -> TimeEntry:
        """Raises NotFound("entry_id"), also for another organisation's."""

    async def of_booking(self, booking_id: BookingId) -> list[NamedEntry]:
        """By start, then id."""

    async def meeting(
        self, worker_id: WorkerId, segments: Sequence[Segment], *, besides: TimeEntryId | None
    ) -> TimeEntry | None:
        """The first, by start and id, of the worker's other entries that share an instant with these."""

    async def save(self, entry: TimeEntry) -> None:
        """Insert or overwrite. Raises OtherWorkRunning where it runs, and another of the worker does."""

    async def list_page(self, wanted: TimeFilter, after: TimePosition | None, limit: int) -> list[NamedEntry]:
        """Newest start first, then id."""
