"""The dispatcher's queue of photos."""

from typing import Annotated, Literal

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromQuery

from application.photos.show_queue import ShowPhotoQueue, ShowPhotoQueueHandler
from application.ports.photos import QueueHalf
from domain.identity.actor import Actor, Need
from entrypoints.http.paging import Offset
from entrypoints.http.photo_bodies import PhotoQueueAnswer, photo_queue_answer
from entrypoints.http.routes import get

QueueLimit = Annotated[int, msgspec.Meta(ge=1, le=100)]
HALVES: dict[str, frozenset[QueueHalf]] = {
    "pending": frozenset({"pending"}),
    "needs_retake": frozenset({"needs_retake"}),
    "all": frozenset({"pending", "needs_retake"}),
}


class PhotoQueueController(Controller):
    path = "/v1/admin/queue/photos"
    tags = ["photos"]

    @get(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Photos that wait for a look or a retake, longest waiting first",
    )
    async def show(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ShowPhotoQueueHandler],
        status: FromQuery[Literal["pending", "needs_retake", "all"]] = "all",
        limit: FromQuery[QueueLimit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> PhotoQueueAnswer:
        page = await handler.handle(actor, ShowPhotoQueue(HALVES[status], limit, offset))
        return photo_queue_answer(page, status=status, limit=limit, offset=offset)
