"""What other runners make of messages that somebody waits for."""

from collections.abc import Collection
from dataclasses import dataclass

import anyio

from application.delivery.tally import Tally
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import EventStatus
from domain.shared.ids import EventId, OrgId

LOOK_AGAIN_SECONDS = 0.25
TAKING_SECONDS = 1.0
"""So long another runner may take to claim what our pass saw it hold; what nobody takes is not waited for."""


@dataclass(frozen=True, slots=True)
class DeliveredElsewhere:
    uow: UnitOfWork

    async def count(
        self, org_id: OrgId, event_ids: Collection[EventId], tally: Tally, *, ends_at: float
    ) -> None:
        """Into the tally, which is out of time if one of them is still being tried at `ends_at`, on the
        monotonic clock."""
        left, taken_by = set(event_ids), anyio.current_time() + TAKING_SECONDS
        while left:
            async with self.uow.begin(org_id) as unit:
                found = await unit.outbox_views.find_many(left)
            waiting = [view for view in found if view.status is EventStatus.PENDING]
            for view in found:
                if view.status is not EventStatus.PENDING:
                    tally.note(view.status, view.outcome)
            left = {view.event_id for view in waiting}
            now, on_their_way = anyio.current_time(), any(view.attempts for view in waiting)
            if left and now >= ends_at:
                tally.out_of_time = True
                return
            if not on_their_way and now >= taken_by:
                return
            if left:
                await anyio.sleep(LOOK_AGAIN_SECONDS)
