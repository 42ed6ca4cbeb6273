"""What happens when somebody's clock is moved, whoever moves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.booking.completing import complete
from application.booking.recording_clocks import record_clock
from application.fieldwork.time_sheet import TimeKeeping
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking, BookingStatus
from domain.booking.refusals import (
    BookingMoveRefused,
    OtherWorkRunning,
    OverrunReasonRequired,
    WorkMoveRefused,
)
from domain.booking.time_entry import (
    ClockVerb,
    OverrunReason,
    Segment,
    TimeEntry,
    require_past,
    require_recent,
)
from domain.identity.actor import Actor
from domain.shared.ids import TimeEntryId, WorkerId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMove:
    """Without `occurred_at` it happens now. What follows the first line is for finishing alone; `complete`
    None completes the booking when nobody of its crew is left to finish."""

    verb: ClockVerb
    occurred_at: datetime | None = None
    overrun_reason: OverrunReason | None = None
    note: str | None = None
    complete: bool | None = None
    expected_version: Expected = None


async def move_clock(
    unit: Unit, keeping: TimeKeeping, actor: Actor, booking: Booking, worker_id: WorkerId, move: ClockMove
) -> Booking:
    """The worker's clock on a booking; both are locked, the worker first. The clock's table of states
    decides before the booking's does, so that what was done already can be said again, however late."""
    now = keeping.clock.now()
    if move.occurred_at is not None:
        require_past(move.occurred_at, now)
    entries = [named.entry for named in await unit.time_entries.of_booking(booking.id)]
    before = next((entry for entry in entries if entry.worker_id == worker_id), None)
    must_match(before.version if before else 0, move.expected_version)
    after = _moved(keeping, booking, worker_id, before, move, now)
    if after is not before:
        await _allow(unit, keeping, booking, before, after, move, now)
        action = f"time_{move.verb}"
        booking = await record_clock(unit, actor, action, booking, entries, before, after, now)
    if move.verb is ClockVerb.FINISH and _completes(booking, entries, before, after, move):
        booking = await complete(unit, actor, booking, now)
    return booking


def _moved(
    keeping: TimeKeeping,
    booking: Booking,
    worker_id: WorkerId,
    before: TimeEntry | None,
    move: ClockMove,
    now: datetime,
) -> TimeEntry:
    if before is None:
        if move.verb is not ClockVerb.START:
            raise WorkMoveRefused("Not possible before the clock was started.")
        return TimeEntry(
            id=TimeEntryId(keeping.ids.new()),
            booking_id=booking.id,
            worker_id=worker_id,
            segments=(Segment(move.occurred_at or now),),
            created_at=now,
            updated_at=now,
        )
    at = move.occurred_at or max(now, before.last_event_at)  # two hosts' clocks differ a little
    match move.verb:
        case ClockVerb.START:
            return before.start()
        case ClockVerb.PAUSE:
            return before.pause(at, now)
        case ClockVerb.RESUME:
            return before.resume(at, now)
        case ClockVerb.FINISH:
            return before.finish(at, now, overrun_reason=move.overrun_reason, note=move.note)


async def _allow(
    unit: Unit,
    keeping: TimeKeeping,
    booking: Booking,
    before: TimeEntry | None,
    after: TimeEntry,
    move: ClockMove,
    now: datetime,
) -> None:
    if booking.status is not BookingStatus.CONFIRMED:
        raise BookingMoveRefused(f"Not possible while the booking is {booking.status}.")
    if move.occurred_at is not None:
        require_recent(move.occurred_at, now)
    if move.verb in {ClockVerb.START, ClockVerb.RESUME}:
        besides = before.id if before else None
        other = await unit.time_entries.meeting(after.worker_id, after.segments[-1:], besides=besides)
        if other is not None:
            raise OtherWorkRunning(other.booking_id)
    if move.verb is ClockVerb.FINISH and after.overrun_reason is None:
        planned_seconds = booking.planned_minutes * 60
        if keeping.rule.exceeded(after.effective_seconds(now), planned_seconds):
            raise OverrunReasonRequired


def _completes(
    booking: Booking,
    entries: Sequence[TimeEntry],
    before: TimeEntry | None,
    after: TimeEntry,
    move: ClockMove,
) -> bool:
    if move.complete is not None:
        return move.complete
    others = [entry for entry in entries if entry.id != after.id]
    nobody_left = set(booking.crew) <= {after.worker_id, *(entry.worker_id for entry in others)}
    return after is not before and nobody_left and not any(entry.is_open for entry in others)
