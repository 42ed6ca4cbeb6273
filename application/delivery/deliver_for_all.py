"""For a scheduler: deliver what is due of every organisation, for as long as a caller waits."""

from dataclasses import dataclass

from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.replay_dead import TAKING_SECONDS, TOTAL_SECONDS, ReplayReport
from application.delivery.replays import EXPORT
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class DeliverForAll:
    exports_only: bool = False


@dataclass(frozen=True, slots=True)
class DeliverForAllHandler:
    """As a collection POST without a selection, for everybody. The caller is of no organisation."""

    uow: UnitOfWork
    clock: Clock
    deliver: DeliverDueHandler

    async def handle(self, command: DeliverForAll) -> tuple[ReplayReport, int]:
        """With the number of organisations there are that are not suspended."""
        tally = await self.deliver.handle(
            DeliverDue(
                taking_seconds=TAKING_SECONDS,
                total_seconds=TOTAL_SECONDS,
                kind=EXPORT if command.exports_only else None,
            )
        )
        async with self.uow.begin_global() as unit:
            queues = await unit.delivery_queues.count(self.clock.now())
            active = len(await unit.directory.active_ids())
        dead = [queue for queue in queues if queue.status == "dead"]
        remaining = sum(q.messages for q in dead if q.kind == EXPORT or not command.exports_only)
        return ReplayReport(tally=tally, remaining_dead=remaining), active
