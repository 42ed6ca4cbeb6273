"""Photos of an order, for the office."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.photos.delete_photo import DeletePhoto, DeletePhotoHandler
from application.photos.link_photo import LinkPhoto, LinkPhotoHandler
from application.photos.list_photos import ListPhotos, ListPhotosHandler
from application.photos.record_consent import RecordConsent, RecordConsentHandler
from application.photos.review_photo import ReviewPhotoHandler
from application.photos.rules import PhotoRules
from application.photos.upload_photo import SentPhoto, UploadPhoto, UploadPhotoHandler
from application.ports.photos import PhotoPosition
from domain.booking.booking import Booking
from domain.identity.actor import Actor, Need
from domain.photos.link import Variant
from domain.photos.photo import Photo
from domain.shared.ids import BookingId, PhotoId
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.multipart import received
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.photo_bodies import (
    CONSENT_EXAMPLE,
    REVIEW_EXAMPLE,
    UPLOAD_EXAMPLE,
    ConsentAnswer,
    ConsentBody,
    PhotoAnswer,
    PhotoForm,
    PhotoUrlAnswer,
    ReviewBody,
    consent_answer,
    photo_answer,
)
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import delete, get, post, put

UPLOAD_PROBLEMS = (
    "not_found",
    "malformed_body",
    "payload_too_large",
    "unsupported_media_type",
    "photo_consent_missing",
    "photo_replaced",
    "image_unreadable",
    "image_too_large",
    "plan_limit_reached",
    "booking_move_refused",
    "storage_rejected",
    "upstream_unavailable",
)


class PhotosController(Controller):
    path = "/v1/orders/{order_id:uuid}"
    tags = ["photos"]

    @put(
        "/photo-consent",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Write down whether the client agrees to photos; what is there stays",
        problems=("not_found", "version_conflict"),
        example=CONSENT_EXAMPLE,
    )
    async def consent(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        data: ConsentBody,
        actor: FromDishka[Actor],
        handler: FromDishka[RecordConsentHandler],
    ) -> Response[ConsentAnswer | None]:
        return await recorded_consent(request, order_id, data, actor, handler)

    @get(
        "/photos",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Photos of an order, by upload",
        problems=("not_found",),
    )
    async def list_them(
        self,
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ListPhotosHandler],
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[PhotoAnswer]:
        return await photo_page(order_id, actor, handler, limit, cursor)

    @post(
        "/photos",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Upload a photo; the same bytes again answer the photo that they became",
        problems=UPLOAD_PROBLEMS,
        answers=(200,),
        upload=True,
        raw_body=True,
        form=PhotoForm,
        example=UPLOAD_EXAMPLE,
    )
    async def upload(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[UploadPhotoHandler],
        rules: FromDishka[PhotoRules],
    ) -> Response[PhotoAnswer | None]:
        return await uploaded(request, order_id, actor, handler, rules)

    @post(
        "/photos/{photo_id:uuid}/review",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Approve a photo, or ask for a retake",
        problems=("not_found", "photo_replaced", "version_conflict"),
        status_code=200,
        example=REVIEW_EXAMPLE,
    )
    async def review(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        photo_id: FromPath[UUID],
        data: ReviewBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ReviewPhotoHandler],
    ) -> Response[PhotoAnswer | None]:
        command = data.command(order_id, photo_id, expected_version(request))
        return await answer_once(actor, handler, command, lambda photo: answered(request, photo, actor))

    @get(
        "/photos/{photo_id:uuid}/signed-url",
        need=Need.DISPATCH,
        admin_route=True,
        summary="A short-lived link to a photo, for this browser alone",
        problems=("not_found",),
    )
    async def signed_url(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        photo_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[LinkPhotoHandler],
        variant: FromQuery[Literal["original", "thumbnail"]] = "original",
    ) -> PhotoUrlAnswer:
        return await linked(request, order_id, photo_id, variant, actor, handler)

    @delete(
        "/photos/{photo_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="Delete a photo, and every copy of its bytes",
        problems=("not_found", "version_conflict"),
        status_code=204,
    )
    async def remove(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        photo_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[DeletePhotoHandler],
    ) -> Response[None]:
        return await removed(request, order_id, photo_id, actor, handler)


async def recorded_consent(
    request: Request[Any, Any, Any],
    order_id: UUID,
    data: ConsentBody,
    actor: Actor,
    handler: RecordConsentHandler,
) -> Response[ConsentAnswer | None]:
    def respond(booking: Booking) -> Response[ConsentAnswer | None]:
        return tagged(request, consent_answer(booking), booking.version)

    command = RecordConsent(
        order_id=BookingId(order_id),
        given=data.consent_photos,
        note=data.note or None,
        expected_version=expected_version(request),
    )
    return await answer_once(actor, handler, command, respond)


async def photo_page(
    order_id: UUID, actor: Actor, handler: ListPhotosHandler, limit: int, cursor: str | None
) -> Page[PhotoAnswer]:
    place = read_instant_place(cursor, of="photos")
    after = None if place is None else PhotoPosition(place[0], PhotoId(place[1]))
    page = await handler.handle(actor, ListPhotos(BookingId(order_id), after, limit))
    end = page.following
    following = None if end is None else (end.uploaded_at, end.photo_id)
    items = [photo_answer(photo, actor, page.reader) for photo in page.items]
    return Page(items, write_instant_place(following, of="photos"))


async def uploaded(
    request: Request[Any, Any, Any],
    order_id: UUID,
    actor: Actor,
    handler: UploadPhotoHandler,
    rules: PhotoRules,
) -> Response[PhotoAnswer | None]:
    @asynccontextmanager
    async def receive() -> AsyncIterator[SentPhoto]:
        async with received(request, PhotoForm, rules.most_bytes) as (form, file):
            yield SentPhoto(
                phase=form.phase,
                filename=file.name,
                file=file.path,
                sha256=file.sha256,
                replaces=PhotoId(form.replaces) if form.replaces else None,
                override_consent_reason=form.override_consent_reason,
            )

    done = await handler.handle(actor, UploadPhoto(BookingId(order_id), receive))
    answer = photo_answer(done.photo, actor, done.reader)
    return tagged(request, answer, done.photo.version, status_code=201 if done.is_new else 200)


async def linked(
    request: Request[Any, Any, Any],
    order_id: UUID,
    photo_id: UUID,
    variant: Literal["original", "thumbnail"],
    actor: Actor,
    handler: LinkPhotoHandler,
) -> PhotoUrlAnswer:
    query = LinkPhoto(
        order_id=BookingId(order_id),
        photo_id=PhotoId(photo_id),
        variant=Variant(variant),
        agent_sha256=agent_sha256(request),
    )
    link, token = await handler.handle(actor, query)
    return PhotoUrlAnswer(
        url=f"/v1/orders/{order_id}/photos/{photo_id}/signed-download?token={token}",
        expires_at=link.expires_at,
        expires_in=(link.expires_at - link.issued_at).seconds,
        variant=variant,
    )


async def removed(
    request: Request[Any, Any, Any],
    order_id: UUID,
    photo_id: UUID,
    actor: Actor,
    handler: DeletePhotoHandler,
) -> Response[None]:
    command = DeletePhoto(
        order_id=BookingId(order_id),
        photo_id=PhotoId(photo_id),
        expected_version=expected_version(request),
    )
    return await answer_once(actor, handler, command, lambda _: Response(None, status_code=204))


def answered(request: Request[Any, Any, Any], photo: Photo, actor: Actor) -> Response[PhotoAnswer | None]:
    return tagged(request, photo_answer(photo, actor), photo.version)


def agent_sha256(request: Request[Any, Any, Any]) -> str:
    """Of the whole header, byte for byte; of nothing where there is none."""
    return sha256(request.headers.get("user-agent", "").encode("latin-1")).hexdigest()
