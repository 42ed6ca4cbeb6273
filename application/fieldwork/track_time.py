"""The office moves somebody's clock."""

from dataclasses import dataclass

from application.fieldwork.clocking import ClockMove, move_clock
from application.fieldwork.my_jobs import lock_order
from application.fieldwork.time_sheet import TimeKeeping, TimeSheet, time_sheet
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.identity.actor import Actor, Need
from domain.shared.errors import Contended, Invalid, NotFound
from domain.shared.ids import BookingId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackTime:
    """Whose clock may be left out where the crew is one."""

    order_id: BookingId
    worker_id: WorkerId | None
    move: ClockMove


@dataclass(frozen=True, slots=True)
class MovedClock:
    sheet: TimeSheet
    worker_id: WorkerId

    @property
    def version(self) -> int:
        """Of the clock that was moved."""
        return self.sheet.version_of(self.worker_id)


@dataclass(frozen=True, slots=True)
class TrackTimeHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    @retrying
    async def handle(self, actor: Actor, command: TrackTime) -> MovedClock:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            seen = await unit.bookings.find(command.order_id)
            if seen is None:
                raise NotFound("order_id")
            worker_id = command.worker_id or _only_one(seen)
            await unit.workers.lock(worker_id)
            booking = await lock_order(unit, command.order_id)
            if command.worker_id is None and booking.crew != seen.crew:
                raise Contended("Somebody changed the crew at the same time.", retry_after_seconds=1)
            moved = await move_clock(unit, self.keeping, actor, booking, worker_id, command.move)
            answer = MovedClock(await time_sheet(unit, self.keeping, moved), worker_id)
            await unit.seal(answer)
            return answer


def _only_one(booking: Booking) -> WorkerId:
    if len(booking.crew) != 1:
        raise Invalid.field("worker_id", "is required: the crew is not one worker")
    return booking.crew[0]
