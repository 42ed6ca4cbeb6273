"""For a scheduler: deliver what is due of every organisation, for as long as a caller waits."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from application.delivery.dead_exports import EXPORT
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.replay_dead import TAKING_SECONDS, TOTAL_SECONDS, ReplayReport
from application.delivery.tally import Tally
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId

ORGS_AT_ONCE = 500


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
        if command.exports_only:
            tally = await self._exports()
        else:
            tally = await self.deliver.handle(
                DeliverDue(taking_seconds=TAKING_SECONDS, total_seconds=TOTAL_SECONDS)
            )
        async with self.uow.begin_global() as unit:
            queues = await unit.delivery_queues.count(self.clock.now())
            active = len(await unit.directory.active_ids())
        dead = [queue for queue in queues if queue.status == "dead"]
        remaining = sum(q.messages for q in dead if q.kind == EXPORT or not command.exports_only)
        return ReplayReport(tally=tally, remaining_dead=remaining), active

    async def _exports(self) -> Tally:
        """One organisation after the other: what is due of other kinds is left alone."""
        together, began = Tally(), time.monotonic()
        after: OrgId | None = None
        while orgs := await self._orgs_with_something_due(after):
            for org_id in orgs:
                spent = time.monotonic() - began
                if spent >= TAKING_SECONDS:
                    together.out_of_time = True
                    return together
                together.add(
                    await self.deliver.handle(
                        DeliverDue(
                            taking_seconds=TAKING_SECONDS - spent,
                            total_seconds=TOTAL_SECONDS - spent,
                            org_id=org_id,
                            kind=EXPORT,
                        )
                    )
                )
            after = orgs[-1]
        return together

    async def _orgs_with_something_due(self, after: OrgId | None) -> Sequence[OrgId]:
        async with self.uow.begin_global() as unit:
            due = await unit.due_messages.list_due(
                self.clock.now(), after=after, orgs=ORGS_AT_ONCE, per_org=1
            )
        return [message.org_id for message in due]
