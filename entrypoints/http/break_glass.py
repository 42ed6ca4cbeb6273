"""Break-glass: writing while administration is read-only, for a while and on record."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath, FromQuery

from application.ports.break_glass import BreakGlassView
from application.ports.clock import Clock
from application.safety.break_glass import (
    ListBreakGlass,
    ListBreakGlassHandler,
    RevokeBreakGlass,
    RevokeBreakGlassHandler,
    StartBreakGlass,
    StartBreakGlassHandler,
    StartedBreakGlass,
)
from domain.identity.actor import Actor, Need
from domain.safety.break_glass import BreakGlassStatus
from domain.shared.ids import BreakGlassId
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page, read_cursor, write_cursor
from entrypoints.http.routes import FRESH, READ_ONLY_EXEMPT, get, post

START_EXAMPLE = {"reason": "Prices are wrong since the import, incident 42", "ttl_minutes": 30}


class StartBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    ttl_minutes: Annotated[int, msgspec.Meta(ge=1, le=240)]


class StartAnswer(msgspec.Struct):
    """`token` is told this once: send it as `X-Break-Glass-Token`."""

    session_id: UUID
    token: str
    expires_at: datetime


class BreakGlassAnswer(msgspec.Struct):
    session_id: UUID
    status: BreakGlassStatus
    reason: str
    started_by: str
    started_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    writes: int


def break_glass_answer(view: BreakGlassView, now: datetime) -> BreakGlassAnswer:
    session = view.session
    return BreakGlassAnswer(
        session_id=session.id,
        status=session.status_at(now),
        reason=session.reason,
        started_by=session.started_by,
        started_at=session.started_at,
        expires_at=session.expires_at,
        revoked_at=session.revoked_at,
        revoked_by=session.revoked_by,
        writes=view.writes,
    )


class BreakGlassController(Controller):
    path = "/v1/admin/break-glass"

    @get(need=Need.ADMIN, admin_route=True, summary="Break-glass sessions, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListBreakGlassHandler],
        clock: FromDishka[Clock],
        status: FromQuery[BreakGlassStatus | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[BreakGlassAnswer]:
        place = read_cursor(cursor, tuple[UUID], of="break_glass")
        after = None if place is None else BreakGlassId(place[0])
        found = await handler.handle(actor, ListBreakGlass(status, after, limit))
        views, now = found[:limit], clock.now()
        more = write_cursor(views[-1].session.id, of="break_glass") if len(found) > limit else None
        return Page([break_glass_answer(view, now) for view in views], more)

    @post(
        "/start",
        need=Need.ADMIN,
        admin_route=True,
        traits=(FRESH, READ_ONLY_EXEMPT),
        action="break_glass_start",
        status_code=200,
        summary="Start break-glass: a token that lets this organisation write while it is read-only",
        example=START_EXAMPLE,
    )
    async def start(
        self, data: StartBody, actor: FromDishka[Actor], handler: FromDishka[StartBreakGlassHandler]
    ) -> StartAnswer:
        def respond(started: StartedBreakGlass) -> StartAnswer:
            return StartAnswer(started.session.id, started.token, started.session.expires_at)

        return await answer_once(actor, handler, StartBreakGlass(data.reason, data.ttl_minutes), respond)

    @post(
        "/{session_id:uuid}/revoke",
        need=Need.ADMIN,
        admin_route=True,
        traits=(READ_ONLY_EXEMPT,),
        status_code=200,
        summary="Revoke a break-glass token before its time",
        problems=("not_found",),
    )
    async def revoke(
        self,
        session_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[RevokeBreakGlassHandler],
        clock: FromDishka[Clock],
    ) -> BreakGlassAnswer:
        def respond(view: BreakGlassView) -> BreakGlassAnswer:
            return break_glass_answer(view, clock.now())

        return await answer_once(actor, handler, RevokeBreakGlass(BreakGlassId(session_id)), respond)
