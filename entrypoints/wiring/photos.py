from collections.abc import AsyncIterable, Iterable

from dishka import Provider, Scope, provide, provide_all

from adapters.cryptography.photo_tokens import HmacPhotoTokens
from adapters.pillow.decoder import Decoder
from adapters.pillow.images import PillowImages
from application.photos.delete_photo import DeletePhotoHandler
from application.photos.link_photo import LinkPhotoHandler
from application.photos.list_photos import ListPhotosHandler
from application.photos.open_photo import OpenPhotoHandler
from application.photos.record_consent import RecordConsentHandler
from application.photos.review_photo import ReviewPhotoHandler
from application.photos.rules import PhotoRules
from application.photos.show_queue import ShowPhotoQueueHandler
from application.photos.spending import OneTimeLinksInRows
from application.photos.upload_photo import UploadPhotoHandler
from application.ports.clock import Clock
from application.ports.images import Images
from application.ports.photo_links import OneTimeLinks, PhotoTokens
from application.ports.unit_of_work import UnitOfWork
from entrypoints.keys import photo_token_key
from entrypoints.settings import Settings


class PhotosProvider(Provider):
    """Photos of visits, and the links to them."""

    scope = Scope.APP
    handlers = provide_all(
        DeletePhotoHandler,
        LinkPhotoHandler,
        ListPhotosHandler,
        OpenPhotoHandler,
        RecordConsentHandler,
        ReviewPhotoHandler,
        ShowPhotoQueueHandler,
        UploadPhotoHandler,
    )

    @provide
    def rules(self, settings: Settings) -> PhotoRules:
        storage = settings.storage
        return PhotoRules(
            most_bytes=storage.photo_max_bytes,
            link_ttl_seconds=storage.photo_url_ttl_seconds,
            link_bound_to_agent=storage.photo_token_bind_ua,
            link_opens_once=storage.photo_token_one_time,
        )

    @provide
    def decoder(self) -> Iterable[Decoder]:
        decoder = Decoder()
        yield decoder
        decoder.close()

    @provide
    def images(self, settings: Settings, decoder: Decoder) -> Images:
        chosen = settings.storage
        return PillowImages(frozenset(chosen.photo_allowed_mimes), chosen.photo_max_pixels, decoder)

    @provide
    def tokens(self, settings: Settings) -> PhotoTokens:
        return HmacPhotoTokens(photo_token_key(settings))

    @provide
    async def one_time_links(
        self, settings: Settings, uow: UnitOfWork, clock: Clock
    ) -> AsyncIterable[OneTimeLinks]:
        """In Redis if there is one, and then there alone: where it is away, nothing opens."""
        url = settings.edge.redis_url
        if url is None:
            yield OneTimeLinksInRows(uow, clock)
            return
        from adapters.redis.one_time_links import connect  # noqa: PLC0415  # half a second of CPU

        links = connect(url.reveal(), clock)
        yield links
        await links.close()
