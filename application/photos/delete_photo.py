from dataclasses import dataclass

from application.photos.audited import audited_photo
from application.photos.objects import tombstones_for
from application.photos.reach import lock_reach
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.photos.photo import Photo, UploaderKind
from domain.shared.ids import BookingId, PhotoId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePhoto:
    order_id: BookingId
    photo_id: PhotoId
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class DeletePhotoHandler:
    """The row goes at once, with a tombstone for each object; the janitor sees to those."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    @retrying
    async def handle(self, actor: Actor, command: DeletePhoto) -> None:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            reached = await lock_reach(unit, actor, command.order_id)
            photo = await unit.photos.lock(command.order_id, command.photo_id)
            if reached.reader.kind is UploaderKind.WORKER and reached.reader.id:
                photo.must_be_open_to(reached.reader.id)
            else:
                actor.require(Need.ADMIN)
            must_match(photo.version, command.expected_version)
            await self._remove(unit, actor, photo)
            await unit.seal(None)

    async def _remove(self, unit: Unit, actor: Actor, photo: Photo) -> None:
        await close_ranks(unit, photo)
        await unit.photos.delete(photo.id)
        await unit.tombstones.add(tombstones_for(actor.org_id, photo, self.clock.now(), self.ids))
        await unit.usage.record("storage_bytes", -photo.picture.size_bytes, photo.id)
        await unit.audit.record(actor, "photo_delete", "photo", photo.id, before=audited_photo(photo))


async def close_ranks(unit: Unit, photo: Photo) -> None:
    """What it replaced stands again, or in the row of what replaced it."""
    if photo.replaces is not None:
        older = await unit.photos.lock(photo.booking_id, photo.replaces)
        await unit.photos.save(older.followed_by(photo.replaced_by))
    if photo.replaced_by is not None:
        newer = await unit.photos.lock(photo.booking_id, photo.replaced_by)
        await unit.photos.save(newer.following(photo.replaces))
