import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from application.photos.audited import audited_photo
from application.photos.reach import Reached, lock_reach, reach
from application.photos.rules import PhotoRules
from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.identifiers import Identifiers
from application.ports.images import CleanImage, Images
from application.ports.object_storage import ObjectStorage
from application.ports.photos import TwinStored
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.photos.file_name import shown_name
from domain.photos.photo import Phase, Photo, Picture, Reservation, Uploader, UploaderKind
from domain.photos.refusals import NoRoomForPhotos, PhotoLocked, PhotoReplaced
from domain.shared.errors import DomainError, Forbidden, NotFound
from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import tombstones_of

METRIC = "storage_bytes"
THUMBNAIL_TYPE = "image/webp"

logger = logging.getLogger("sweepline.photos")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPhoto:
    """What somebody sent: `filename` as they call it, `file` for as long as the context is open."""

    phase: Phase
    filename: str
    file: Path
    sha256: bytes
    replaces: PhotoId | None = None
    override_consent_reason: str | None = None


@dataclass(frozen=True, slots=True)
class UploadPhoto:
    """`receive` reads what is sent, once a place for it is reserved; it raises what is wrong with it."""

    order_id: BookingId
    receive: Callable[[], AbstractAsyncContextManager[SentPhoto]]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`is_new` False: the same bytes were stored before, as this photo, whoever sent them. `reader` asked."""

    photo: Photo
    reader: Uploader
    is_new: bool


@dataclass(slots=True)
class _Objects:
    """What may lie in the store by now, and what the store calls it; None while that is not known."""

    keys: PhotoKeys | None = None
    stored: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UploadPhotoHandler:
    """Reserve, receive, look, clean, put, keep: a transaction at the beginning and one at the end, none while
    bytes move. What fails takes its reservation and its objects along; what is cut off leaves a reservation
    by which the janitor finds them."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    entitlements: Entitlements
    images: Images
    storage: ObjectStorage
    rules: PhotoRules

    async def handle(self, actor: Actor, command: UploadPhoto) -> Uploaded:
        reservation = await self._reserve(actor, command.order_id)
        objects = _Objects()
        try:
            async with command.receive() as sent:
                done = await self._become(actor, reservation, sent, objects)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._give_up(actor.org_id, reservation, objects)
            raise
        if not done.is_new:
            await self._give_up(actor.org_id, reservation, objects)
        return done

    async def _become(
        self, actor: Actor, reservation: Reservation, sent: SentPhoto, objects: _Objects
    ) -> Uploaded:
        same = await self._look(actor, reservation.booking_id, sent)
        if same is None:
            picture = await self._put(actor.org_id, reservation, sent, objects)
            try:
                photo = await self._keep(actor, reservation, sent, picture)
                return Uploaded(photo, reservation.uploader, is_new=True)
            except TwinStored:
                same = await self._twin(actor, reservation, sent)
        return Uploaded(same, reservation.uploader, is_new=False)

    @retrying
    async def _reserve(self, actor: Actor, order_id: BookingId) -> Reservation:
        """Refuses what can be told without a byte of it."""
        async with self.uow.begin(actor.org_id) as unit:
            reached = await reach(unit, actor, order_id)
            reached.booking.must_take_photos(consent_overridden=actor.may(Need.ADMIN))
            if not await self.entitlements.allows(actor.org_id, METRIC):
                raise NoRoomForPhotos
            reservation = Reservation(
                id=PhotoId(self.ids.new()),
                booking_id=order_id,
                uploader=reached.reader,
                reserved_bytes=self.rules.most_bytes,
                begun_at=self.clock.now(),
            )
            await unit.photos.reserve(reservation)
        return reservation

    async def _look(self, actor: Actor, order_id: BookingId, sent: SentPhoto) -> Photo | None:
        """The photo that these bytes became before, if any."""
        async with self.uow.begin(actor.org_id) as unit:
            reached = await reach(unit, actor, order_id)
            return await _judged(unit, actor, reached, sent)

    async def _put(
        self, org_id: OrgId, reservation: Reservation, sent: SentPhoto, objects: _Objects
    ) -> Picture:
        wants_thumbnail = not self.storage.makes_thumbnails
        async with self.images.cleaned(sent.file, thumbnail=wants_thumbnail) as clean:
            keys = objects.keys = PhotoKeys(
                org_id=org_id,
                booking_id=reservation.booking_id,
                photo_id=reservation.id,
                extension=clean.extension,
            )
            stored_key = await self._put_one(objects, keys.original, clean.original, clean.content_type)
            thumbnail_key = None
            if clean.thumbnail is not None:
                thumbnail_key = await self._put_one(objects, keys.thumbnail, clean.thumbnail, THUMBNAIL_TYPE)
            return _picture(clean, sent, stored_key, thumbnail_key)

    async def _put_one(self, objects: _Objects, key: str, source: Path, content_type: str) -> str:
        objects.stored[key] = None
        objects.stored[key] = stored_key = await self.storage.put(key, source, content_type=content_type)
        return stored_key

    @retrying
    async def _keep(self, actor: Actor, reservation: Reservation, sent: SentPhoto, picture: Picture) -> Photo:
        """Asks everything again: an order may have been cancelled while the bytes moved."""
        async with self.uow.begin(actor.org_id) as unit:
            reached = await lock_reach(unit, actor, reservation.booking_id)
            if await _judged(unit, actor, reached, sent) is not None:
                raise TwinStored
            photo = Photo(
                id=reservation.id,
                booking_id=reservation.booking_id,
                phase=sent.phase,
                filename=shown_name(sent.filename, picture.extension),
                picture=picture,
                uploader=reached.reader,
                uploaded_at=self.clock.now(),
                replaces=sent.replaces,
            )
            await unit.photos.store(photo)
            if sent.replaces is not None:
                older = await unit.photos.lock(reservation.booking_id, sent.replaces)
                await unit.photos.save(older.replaced_with(photo.id))
            await unit.usage.record(METRIC, picture.size_bytes, photo.id)
            await unit.audit.record(
                actor,
                "photo_upload",
                "photo",
                photo.id,
                after=audited_photo(photo),
                reason=sent.override_consent_reason,
            )
        return photo

    async def _twin(self, actor: Actor, reservation: Reservation, sent: SentPhoto) -> Photo:
        async with self.uow.begin(actor.org_id) as unit:
            twin = await unit.photos.find_same(reservation.booking_id, sent.phase, sent.sha256)
        if twin is None:
            raise NotFound("photo_id")  # and deleted again in this very moment
        return twin

    async def _give_up(self, org_id: OrgId, reservation: Reservation, objects: _Objects) -> None:
        """Nothing of it stays. What cannot be removed at once has its tombstones; where not even those could
        be written, the reservation is left for the janitor."""
        try:
            if await self._forget(org_id, reservation, objects):
                for key, stored_key in objects.stored.items():
                    await self.storage.delete(key, stored_key)
        except DomainError as error:
            logger.warning("an upload that failed is left to the janitor (%s)", type(error).__name__)

    @retrying
    async def _forget(self, org_id: OrgId, reservation: Reservation, objects: _Objects) -> bool:
        """False, and nothing done, if it has become a photo: a failure may come after the last commit."""
        async with self.uow.begin(org_id) as unit:
            if await unit.photos.find(reservation.id) is not None:
                return False
            await unit.photos.delete(reservation.id)
            if objects.keys is not None:
                known = {key: name for key, name in objects.stored.items() if name is not None}
                await unit.tombstones.add(tombstones_of(objects.keys, self.clock.now(), self.ids.new, known))
        return True


async def _judged(unit: Unit, actor: Actor, reached: Reached, sent: SentPhoto) -> Photo | None:
    """What these bytes became before; raises whatever stands against keeping them."""
    if sent.override_consent_reason is not None and not actor.may(Need.ADMIN):
        raise Forbidden("Only an admin takes photos without the client's consent.")
    reached.booking.must_take_photos(consent_overridden=sent.override_consent_reason is not None)
    older = await unit.photos.find(sent.replaces) if sent.replaces else None
    if sent.replaces and (older is None or older.booking_id != reached.booking.id):
        raise NotFound("replaces")
    same = await unit.photos.find_same(reached.booking.id, sent.phase, sent.sha256)
    if same is None and older is not None:
        if older.replaced_by is not None:
            raise PhotoReplaced("Another photo stands in its place already.")
        if reached.reader.kind is UploaderKind.WORKER and older.is_approved:
            raise PhotoLocked
    return same


def _picture(clean: CleanImage, sent: SentPhoto, stored_key: str, thumbnail_key: str | None) -> Picture:
    return Picture(
        content_type=clean.content_type,
        extension=clean.extension,
        size_bytes=clean.size_bytes,
        width=clean.width,
        height=clean.height,
        sha256=clean.sha256,
        sent_sha256=sent.sha256,
        stored_key=stored_key,
        stored_thumbnail_key=thumbnail_key,
    )
