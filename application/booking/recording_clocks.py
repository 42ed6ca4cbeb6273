"""What is written down with every change of a clock."""

from collections.abc import Sequence
from datetime import datetime

from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.time_entry import TimeEntry
from domain.booking.work import work_of
from domain.identity.actor import Actor


async def record_clock(
    unit: Unit,
    actor: Actor,
    action: str,
    booking: Booking,
    entries: Sequence[TimeEntry],
    before: TimeEntry | None,
    after: TimeEntry,
    now: datetime,
    *,
    reason: str | None = None,
) -> Booking:
    """Save it, let the booking follow, one version on, and audit it beside the booking. `entries` are all
    of the booking's, as they were."""
    await unit.time_entries.save(after)
    clocked = booking.clocked(now, work_of([*(entry for entry in entries if entry.id != after.id), after]))
    await unit.bookings.save(clocked)
    await unit.audit.record(
        actor,
        action,
        "booking",
        booking.id,
        before=audited_entry(before) if before else None,
        after=audited_entry(after),
        reason=reason,
    )
    return clocked


def audited_entry(entry: TimeEntry) -> dict[str, object]:
    return {
        "entry_id": str(entry.id),
        "worker_id": str(entry.worker_id),
        "state": entry.state.value,
        "segments": [
            [segment.starts_at.isoformat(), segment.ends_at.isoformat() if segment.ends_at else None]
            for segment in entry.segments
        ],
        "overrun_reason": entry.overrun_reason.value if entry.overrun_reason else None,
        "version": entry.version,
    }
