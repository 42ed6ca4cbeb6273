"""Workers move their own clocks."""

from dataclasses import dataclass

from application.fieldwork.clocking import ClockMove, move_clock
from application.fieldwork.my_jobs import lock_my_job
from application.fieldwork.time_sheet import TimeKeeping, time_sheet
from application.fieldwork.track_time import MovedClock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMyTime:
    order_id: BookingId
    move: ClockMove


@dataclass(frozen=True, slots=True)
class TrackMyTimeHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    @retrying
    async def handle(self, actor: Actor, command: TrackMyTime) -> MovedClock:
        actor.require(Need.WORKER)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            job = await lock_my_job(unit, actor, command.order_id)
            moved = await move_clock(unit, self.keeping, actor, job.booking, job.worker.id, command.move)
            answer = MovedClock(await time_sheet(unit, self.keeping, moved), job.worker.id)
            await unit.seal(answer)
            return answer
