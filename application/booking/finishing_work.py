"""Clocks that are still open when their visit is to end or to change."""

from collections.abc import Collection
from datetime import datetime

from application.booking.recording_clocks import record_clock
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking, BookingStatus
from domain.booking.refusals import WorkInProgress
from domain.booking.work import OPEN
from domain.identity.actor import Actor
from domain.shared.ids import WorkerId


async def finish_open_work(unit: Unit, actor: Actor, booking: Booking, now: datetime) -> Booking:
    """Of a locked booking that can be completed: stop and finish every open clock, each on record. Nobody
    is asked for a reason: clocks never keep a visit from being done."""
    if booking.status is not BookingStatus.CONFIRMED or booking.work_state not in OPEN:
        return booking
    entries = [named.entry for named in await unit.time_entries.of_booking(booking.id)]
    for before in [entry for entry in entries if entry.is_open]:
        after = before.finish(max(now, before.last_event_at), now)
        booking = await record_clock(unit, actor, "time_finish", booking, entries, before, after, now)
        entries = [after if entry.id == after.id else entry for entry in entries]
    return booking


async def require_no_open_clock(unit: Unit, booking: Booking, workers: Collection[WorkerId]) -> None:
    """Of a locked booking. Raises WorkInProgress when one of these workers has not finished there."""
    if not workers or booking.work_state not in OPEN:
        return
    for named in await unit.time_entries.of_booking(booking.id):
        if named.entry.is_open and named.entry.worker_id in workers:
            raise WorkInProgress
