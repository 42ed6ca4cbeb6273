from dataclasses import dataclass

from application.photos.objects import keys_of
from application.photos.rules import PhotoRules
from application.ports.clock import Clock
from application.ports.object_storage import ObjectStorage
from application.ports.photo_links import OneTimeLinks, PhotoTokens
from application.ports.unit_of_work import UnitOfWork
from domain.photos.link import Audience, PhotoLink, Variant
from domain.photos.photo import Photo
from domain.photos.refusals import PhotoNotFound, PhotoTokenUsed
from domain.shared.ids import BookingId, OrgId, PhotoId

THUMBNAIL_TYPE = "image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPhoto:
    order_id: BookingId
    photo_id: PhotoId
    token: str
    agent_sha256: str


@dataclass(frozen=True, slots=True)
class OpenPhotoHandler:
    """The token alone lets somebody in."""

    uow: UnitOfWork
    clock: Clock
    tokens: PhotoTokens
    storage: ObjectStorage
    one_time: OneTimeLinks
    rules: PhotoRules

    async def handle(self, query: OpenPhoto) -> str:
        """Where the bytes are to be had for as long as the token lives. Raises PhotoTokenInvalid, …Expired,
        …Used, PhotoNotFound; Unavailable where the store, or who knows what was opened, does not answer."""
        link = self.tokens.open(query.token)
        link.must_open(
            self.clock.now(),
            booking_id=query.order_id,
            photo_id=query.photo_id,
            agent_sha256=query.agent_sha256,
            bound=self.rules.link_bound_to_agent,
        )
        photo = await self._photo(link)
        url = await self._address(photo, link)
        if self.rules.link_opens_once:
            await self._spend(link)
        return url

    async def _photo(self, link: PhotoLink) -> Photo:
        async with self.uow.begin(link.org_id) as unit:
            photo = await unit.photos.get(link.booking_id, link.photo_id)
            if link.audience is not Audience.CLIENT:
                return photo
            booking = await unit.bookings.get(link.booking_id)
        if not photo.may_be_seen_by_client(consent=booking.consent_photos):
            raise PhotoNotFound
        return photo

    async def _address(self, photo: Photo, link: PhotoLink) -> str:
        own_file = link.variant is Variant.THUMBNAIL and not self.storage.makes_thumbnails
        return await self.storage.link(
            await self._stored_key(link.org_id, photo, of_thumbnail=own_file),
            variant=link.variant.value,
            content_type=THUMBNAIL_TYPE if own_file else photo.picture.content_type,
            expires_at=link.expires_at,
        )

    async def _stored_key(self, org_id: OrgId, photo: Photo, *, of_thumbnail: bool) -> str:
        """The canonical object or, where it is missing, one of an earlier release. A store that names objects
        itself is asked for what it named, not whether it is there."""
        keys, known = keys_of(org_id, photo), photo.picture.stored_key
        if self.storage.names_objects and known != keys.original:
            return known
        found = await self.storage.find(keys.thumbnails if of_thumbnail else keys.originals)
        if found is None:
            raise PhotoNotFound
        return found

    async def _spend(self, link: PhotoLink) -> None:
        if not await self.one_time.claim(link.org_id, link.jti, link.expires_at):
            raise PhotoTokenUsed
