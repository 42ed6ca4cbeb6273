"""What a store still holds and must not: the janitor's list."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath, FromQuery, QueryParameter

from application.storage.tombstones import (
    ListTombstones,
    ListTombstonesHandler,
    RetryTombstone,
    RetryTombstoneHandler,
)
from domain.identity.actor import Actor, Need
from domain.shared.ids import TombstoneId
from domain.storage.tombstone import Tombstone, TombstoneState
from entrypoints.http.once import answer_once
from entrypoints.http.paging import Limit, Offset
from entrypoints.http.routes import get, post

State = Annotated[Literal["pending", "stuck", "all"], QueryParameter(name="state")]
"""Litestar keeps the argument of that name for itself."""
TOMBSTONES = "/v1/admin/storage/tombstones"


class RetryAction(msgspec.Struct):
    rel: str
    method: str
    href: str


class TombstoneAnswer(msgspec.Struct, kw_only=True):
    """No key: whoever reads this may not read the photo."""

    tombstone_id: UUID
    order_id: UUID
    photo_id: UUID
    variant: Literal["original", "thumbnail"]
    state: Literal["pending", "stuck"]
    attempts: int
    last_error: str | None
    next_attempt_at: datetime
    created_at: datetime
    actions: list[RetryAction]


class TombstonesAnswer(msgspec.Struct):
    items: list[TombstoneAnswer]
    total: int
    limit: int
    offset: int


def tombstone_answer(tombstone: Tombstone) -> TombstoneAnswer:
    return TombstoneAnswer(
        tombstone_id=tombstone.id,
        order_id=tombstone.booking_id,
        photo_id=tombstone.photo_id,
        variant=tombstone.variant.value,
        state=tombstone.state.value,
        attempts=tombstone.attempts,
        last_error=tombstone.last_error,
        next_attempt_at=tombstone.next_attempt_at,
        created_at=tombstone.created_at,
        actions=[RetryAction("retry", "POST", f"{TOMBSTONES}/{tombstone.id}/retry")],
    )


class TombstonesController(Controller):
    path = TOMBSTONES
    tags = ["photos"]

    @get(
        need=Need.ADMIN,
        admin_route=True,
        summary="Stored objects that must be gone and may not be yet, longest waiting first",
    )
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListTombstonesHandler],
        wanted: State = "all",
        limit: FromQuery[Limit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> TombstonesAnswer:
        """`stuck` ones have used up their attempts and are tried once a day."""
        state = None if wanted == "all" else TombstoneState(wanted)
        found, total = await handler.handle(actor, ListTombstones(state, limit, offset))
        return TombstonesAnswer([tombstone_answer(one) for one in found], total, limit, offset)

    @post(
        "/{tombstone_id:uuid}/retry",
        need=Need.ADMIN,
        admin_route=True,
        summary="Have an object deleted at the janitor's next round",
        problems=("not_found",),
        status_code=202,
    )
    async def retry(
        self,
        tombstone_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[RetryTombstoneHandler],
    ) -> TombstoneAnswer:
        """All its attempts are before it again."""
        return await answer_once(actor, handler, RetryTombstone(TombstoneId(tombstone_id)), tombstone_answer)
