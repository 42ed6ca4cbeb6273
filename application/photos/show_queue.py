from dataclasses import dataclass

from application.ports.photos import PhotoQueuePage, QueueHalf
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need


@dataclass(frozen=True, slots=True)
class ShowPhotoQueue:
    halves: frozenset[QueueHalf]
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class ShowPhotoQueueHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, query: ShowPhotoQueue) -> PhotoQueuePage:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.photo_queue.page(query.halves, limit=query.limit, offset=query.offset)
