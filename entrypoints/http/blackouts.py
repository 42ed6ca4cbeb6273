from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath, FromQuery, QueryParameter

from application.scheduling.blackouts import (
    AddBlackout,
    AddBlackoutHandler,
    DeleteBlackout,
    DeleteBlackoutHandler,
    ListBlackouts,
    ListBlackoutsHandler,
)
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import Blackout, BlackoutScope, scope_faults
from domain.shared.errors import FieldFault
from domain.shared.ids import BlackoutId, TeamId, WorkerId
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import delete, get, post
from entrypoints.http.values import MULTILINE, Findings

PROBLEMS = ("invalid_window", "blackout_overlaps_bookings", "not_found")
EXAMPLE = {
    "starts_at": "2026-12-24T00:00:00-05:00",
    "ends_at": "2026-12-27T00:00:00-05:00",
    "reason": "Holidays",
}


class BlackoutBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    starts_at: datetime
    ends_at: datetime
    reason: Annotated[str, msgspec.Meta(max_length=255), MULTILINE] | None = None
    team_id: UUID | None = None
    worker_id: UUID | None = None
    keep_bookings: bool = False

    @classmethod
    def judge(cls, given: Mapping[str, Any], _: Findings) -> Iterable[FieldFault]:
        return scope_faults(given.get("team_id"), given.get("worker_id"))

    def command(self) -> AddBlackout:
        return AddBlackout(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason=self.reason or None,
            team_id=None if self.team_id is None else TeamId(self.team_id),
            worker_id=None if self.worker_id is None else WorkerId(self.worker_id),
            keep_bookings=self.keep_bookings,
        )


class BlackoutAnswer(msgspec.Struct, kw_only=True):
    blackout_id: UUID
    scope: BlackoutScope
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    team_id: UUID | None
    worker_id: UUID | None
    created_by: UUID | None
    created_at: datetime


def blackout_answer(blackout: Blackout) -> BlackoutAnswer:
    return BlackoutAnswer(
        blackout_id=blackout.id,
        scope=blackout.scope,
        starts_at=blackout.starts_at,
        ends_at=blackout.ends_at,
        reason=blackout.reason,
        team_id=blackout.team_id,
        worker_id=blackout.worker_id,
        created_by=blackout.created_by,
        created_at=blackout.created_at,
    )


class BlackoutsController(Controller):
    path = "/v1/admin"

    @get(
        "/blackouts",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Times without work",
        problems=("invalid_window", "not_found"),
    )
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListBlackoutsHandler],
        from_: Annotated[datetime | None, QueryParameter(name="from", description="Default: now.")] = None,
        to: Annotated[datetime | None, QueryParameter(description="Default: 90 days on.")] = None,
        team_id: FromQuery[UUID | None] = None,
        worker_id: FromQuery[UUID | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[BlackoutAnswer]:
        place = read_instant_place(cursor, of="blackouts")
        command = ListBlackouts(
            from_=from_,
            to=to,
            team_id=None if team_id is None else TeamId(team_id),
            worker_id=None if worker_id is None else WorkerId(worker_id),
            after=None if place is None else (place[0], BlackoutId(place[1])),
            limit=limit,
        )
        page = await handler.handle(actor, command)
        return Page(
            [blackout_answer(blackout) for blackout in page.blackouts],
            write_instant_place(page.next, of="blackouts"),
        )

    @post(
        "/blackouts",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Close a time for the organisation, a team or a worker",
        problems=PROBLEMS,
        example=EXAMPLE,
    )
    async def add(
        self, data: BlackoutBody, actor: FromDishka[Actor], handler: FromDishka[AddBlackoutHandler]
    ) -> BlackoutAnswer:
        return await answer_once(actor, handler, data.command(), blackout_answer)

    @post(
        "/schedule/block",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Close a time, from the board",
        problems=PROBLEMS,
        example=EXAMPLE,
    )
    async def block(
        self, data: BlackoutBody, actor: FromDishka[Actor], handler: FromDishka[AddBlackoutHandler]
    ) -> BlackoutAnswer:
        return await answer_once(actor, handler, data.command(), blackout_answer)

    @delete(
        "/blackouts/{blackout_id:uuid}",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Open a closed time again",
        problems=("not_found",),
    )
    async def remove(
        self,
        blackout_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[DeleteBlackoutHandler],
    ) -> None:
        await handler.handle(actor, DeleteBlackout(BlackoutId(blackout_id)))
