"""The office says what really happened, also after the visit was done."""

from dataclasses import dataclass

from application.booking.recording_clocks import record_clock
from application.fieldwork.my_jobs import lock_order
from application.fieldwork.time_sheet import TimeKeeping, time_sheet
from application.fieldwork.track_time import MovedClock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.booking.refusals import TimeOverlap
from domain.booking.time_entry import Segment
from domain.identity.actor import Actor, Need
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, TimeEntryId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectTime:
    order_id: BookingId
    entry_id: TimeEntryId
    segments: tuple[Segment, ...]
    reason: str
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class CorrectTimeHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    @retrying
    async def handle(self, actor: Actor, command: CorrectTime) -> MovedClock:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            if await unit.bookings.find(command.order_id) is None:
                raise NotFound("order_id")
            seen = await unit.time_entries.get(command.entry_id)
            if seen.booking_id != command.order_id:
                raise NotFound("entry_id")
            await unit.workers.lock(seen.worker_id)
            booking = await lock_order(unit, command.order_id)
            entries = [named.entry for named in await unit.time_entries.of_booking(booking.id)]
            before = next(entry for entry in entries if entry.id == seen.id)
            must_match(before.version, command.expected_version)
            now = self.keeping.clock.now()
            after = before.correct(command.segments, now)
            if after is not before:
                other = await unit.time_entries.meeting(after.worker_id, after.segments, besides=after.id)
                if other is not None:
                    raise TimeOverlap(other.booking_id)
                booking = await record_clock(
                    unit, actor, "time_correct", booking, entries, before, after, now, reason=command.reason
                )
            answer = MovedClock(await time_sheet(unit, self.keeping, booking), after.worker_id)
            await unit.seal(answer)
            return answer
