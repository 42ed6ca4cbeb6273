"""Photos of a worker's own jobs: as the office's, under their name."""

from typing import Any, Literal
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.photos.delete_photo import DeletePhotoHandler
from application.photos.link_photo import LinkPhotoHandler
from application.photos.list_photos import ListPhotosHandler
from application.photos.record_consent import RecordConsentHandler
from application.photos.rules import PhotoRules
from application.photos.upload_photo import UploadPhotoHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.photo_bodies import (
    CONSENT_EXAMPLE,
    UPLOAD_EXAMPLE,
    ConsentAnswer,
    ConsentBody,
    PhotoAnswer,
    PhotoForm,
    PhotoUrlAnswer,
)
from entrypoints.http.photos import (
    UPLOAD_PROBLEMS,
    linked,
    photo_page,
    recorded_consent,
    removed,
    uploaded,
)
from entrypoints.http.routes import delete, get, post, put

REACH = ("not_found", "worker_not_linked")


class WorkerPhotosController(Controller):
    path = "/v1/worker/jobs/{order_id:uuid}"
    tags = ["photos"]

    @put(
        "/photo-consent",
        need=Need.WORKER,
        summary="Write down on the spot whether the client agrees to photos",
        problems=(*REACH, "version_conflict"),
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

    @get("/photos", need=Need.WORKER, summary="Photos of my job, by upload", problems=REACH)
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
        need=Need.WORKER,
        summary="Upload a photo of my job; safe to repeat from an offline queue",
        problems=(*UPLOAD_PROBLEMS, "worker_not_linked", "photo_locked"),
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

    @get(
        "/photos/{photo_id:uuid}/signed-url",
        need=Need.WORKER,
        summary="A short-lived link to a photo of my job, for this browser alone",
        problems=REACH,
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
        need=Need.WORKER,
        summary="Take back a photo of mine that nobody has approved",
        problems=(*REACH, "photo_locked", "version_conflict"),
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
