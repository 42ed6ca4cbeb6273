from collections.abc import Sequence
from dataclasses import dataclass

from application.photos.reach import reach
from application.ports.photos import PhotoPosition
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.photos.photo import Photo, Uploader
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True)
class ListPhotos:
    order_id: BookingId
    after: PhotoPosition | None
    limit: int


@dataclass(frozen=True, slots=True)
class PhotoPage:
    items: Sequence[Photo]
    reader: Uploader
    following: PhotoPosition | None


@dataclass(frozen=True, slots=True)
class ListPhotosHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, query: ListPhotos) -> PhotoPage:
        async with self.uow.begin(actor.org_id) as unit:
            reader = (await reach(unit, actor, query.order_id)).reader
            found = await unit.photos.list_page(query.order_id, query.after, query.limit + 1)
        items = found[: query.limit]
        if len(found) <= query.limit:
            return PhotoPage(items, reader, None)
        return PhotoPage(items, reader, PhotoPosition(items[-1].uploaded_at, items[-1].id))
