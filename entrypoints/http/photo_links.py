"""Where a signed photo link leads: to the store, for whoever holds it."""

from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from application.photos.open_photo import OpenPhoto, OpenPhotoHandler
from domain.identity.actor import Need
from domain.shared.errors import DomainError
from domain.shared.ids import BookingId, PhotoId
from entrypoints.http.photos import agent_sha256
from entrypoints.http.problems import answer_problem
from entrypoints.http.routes import get
from entrypoints.http.values import OPAQUE
from entrypoints.settings import Settings

PRIVATE = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}
"""Beside `nosniff` and `no-referrer`, which every answer carries."""
Token = Annotated[str, Meta(min_length=1, max_length=4096), OPAQUE]


class PhotoLinksController(Controller):
    path = "/v1/orders/{order_id:uuid}/photos/{photo_id:uuid}/signed-download"
    tags = ["photos"]

    @get(
        need=Need.PUBLIC,
        summary="Be led to a photo, by the link that was signed for it",
        success="Where its bytes are, for as long as the link lives",
        problems=(
            "not_found",
            "photo_token_invalid",
            "photo_token_expired",
            "photo_token_used",
            "storage_rejected",
            "upstream_unavailable",
        ),
        status_code=302,
        answers=(307,),
    )
    async def follow(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        photo_id: FromPath[UUID],
        token: FromQuery[Token],
        handler: FromDishka[OpenPhotoHandler],
        settings: FromDishka[Settings],
    ) -> Response[None]:
        query = OpenPhoto(
            order_id=BookingId(order_id),
            photo_id=PhotoId(photo_id),
            token=token,
            agent_sha256=agent_sha256(request),
        )
        try:
            address = await handler.handle(query)
        except DomainError as refusal:
            refused = answer_problem(request, refusal)
            refused.headers.update(PRIVATE)
            return refused  # type: ignore[return-value]  # a problem document, as everywhere
        status = settings.storage.photo_download_redirect_status
        headers = {**PRIVATE, "location": address}
        return Response(None, status_code=status, media_type="text/plain", headers=headers)
