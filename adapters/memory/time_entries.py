from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.time_entries import NamedEntry, TimeFilter, TimePosition
from domain.booking.booking import Booking
from domain.booking.refusals import OtherWorkRunning
from domain.booking.time_entry import EntryState, Segment, TimeEntry
from domain.scheduling.worker import Worker
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, TimeEntryId, WorkerId


@dataclass(frozen=True, slots=True)
class MemoryTimeEntries:
    rows: dict[TimeEntryId, TimeEntry]
    workers: Mapping[WorkerId, Worker]
    bookings: Mapping[BookingId, Booking]

    async def get(self, entry_id: TimeEntryId) -> TimeEntry:
        if (entry := self.rows.get(entry_id)) is None:
            raise NotFound("entry_id")
        return entry

    async def of_booking(self, booking_id: BookingId) -> list[NamedEntry]:
        found = [entry for entry in self.rows.values() if entry.booking_id == booking_id]
        return [self._named(entry) for entry in sorted(found, key=_oldest_first)]

    async def meeting(
        self, worker_id: WorkerId, segments: Sequence[Segment], *, besides: TimeEntryId | None
    ) -> TimeEntry | None:
        found = (
            entry
            for entry in self.rows.values()
            if entry.worker_id == worker_id and entry.id != besides and entry.meets(segments)
        )
        return min(found, key=_oldest_first, default=None)

    async def save(self, entry: TimeEntry) -> None:
        for other in self.rows.values():
            both_run = entry.state is EntryState.RUNNING and other.state is EntryState.RUNNING
            if both_run and other.worker_id == entry.worker_id and other.id != entry.id:
                raise OtherWorkRunning(other.booking_id)
        self.rows[entry.id] = entry

    async def list_page(self, wanted: TimeFilter, after: TimePosition | None, limit: int) -> list[NamedEntry]:
        found = [entry for entry in self.rows.values() if _is_wanted(entry, wanted)]
        found.sort(key=lambda entry: entry.id)
        found.sort(key=lambda entry: entry.started_at, reverse=True)  # stable: ids stay in order
        if after is not None:
            found = [entry for entry in found if _follows(entry, after)]
        return [self._named(entry) for entry in found[:limit]]

    def _named(self, entry: TimeEntry) -> NamedEntry:
        name = self.workers[entry.worker_id].name
        return NamedEntry(entry, name, self.bookings[entry.booking_id].planned_minutes)


def _is_wanted(entry: TimeEntry, wanted: TimeFilter) -> bool:
    return (
        (wanted.started_from is None or entry.started_at >= wanted.started_from)
        and (wanted.started_before is None or entry.started_at < wanted.started_before)
        and wanted.worker_id in {None, entry.worker_id}
        and (not wanted.states or entry.state in wanted.states)
    )


def _oldest_first(entry: TimeEntry) -> tuple[datetime, TimeEntryId]:
    return entry.started_at, entry.id


def _follows(entry: TimeEntry, after: TimePosition) -> bool:
    if entry.started_at == after.started_at:
        return entry.id > after.entry_id
    return entry.started_at < after.started_at
