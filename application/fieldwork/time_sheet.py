"""A booking's clocks as they are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.time_entries import NamedEntry
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.time_entry import TimeEntry
from domain.booking.work import OverrunRule
from domain.shared.ids import WorkerId


@dataclass(frozen=True, slots=True)
class TimeKeeping:
    """What every use case about clocks needs."""

    clock: Clock
    ids: Identifiers
    rule: OverrunRule


@dataclass(frozen=True, slots=True)
class TimedEntry:
    """An entry with what follows from it now. `delta_seconds` is above zero where it took longer."""

    entry: TimeEntry
    worker_name: str
    effective_seconds: int
    planned_seconds: int
    leak: bool

    @property
    def delta_seconds(self) -> int:
        return self.effective_seconds - self.planned_seconds


@dataclass(frozen=True, slots=True)
class TimeSheet:
    booking: Booking
    entries: tuple[TimedEntry, ...]  # by start, then id

    def version_of(self, worker_id: WorkerId) -> int:
        return next(timed.entry.version for timed in self.entries if timed.entry.worker_id == worker_id)


def timed(found: Iterable[NamedEntry], rule: OverrunRule, now: datetime) -> tuple[TimedEntry, ...]:
    return tuple(_timed(one, rule, now) for one in found)


async def time_sheet(unit: Unit, keeping: TimeKeeping, booking: Booking) -> TimeSheet:
    found = await unit.time_entries.of_booking(booking.id)
    return TimeSheet(booking, timed(found, keeping.rule, keeping.clock.now()))


def _timed(named: NamedEntry, rule: OverrunRule, now: datetime) -> TimedEntry:
    effective, planned = named.entry.effective_seconds(now), named.planned_minutes * 60
    leak = rule.exceeded(effective, planned)
    return TimedEntry(named.entry, named.worker_name, effective, planned, leak)
