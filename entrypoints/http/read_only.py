"""Gate 9: administration is read-only, but for who holds a break-glass token of the organisation."""

import logging
from dataclasses import dataclass
from typing import Any, cast

from dishka import AsyncContainer
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from application.safety.lift_read_only import LiftReadOnlyHandler, RecordFailedWriteHandler, WantedWrite
from domain.identity.actor import Actor
from domain.safety.break_glass import AdminReadOnly
from entrypoints.http.edge import plain_template
from entrypoints.http.once import UNSAFE
from entrypoints.http.routes import READ_ONLY_EXEMPT, RouteRules

TOKEN = "x-break-glass-token"  # noqa: S105  # a header's name
FIRST_FAILURE = 400

logger = logging.getLogger("sweepline.http")


def is_stopped(request: Request[Any, Any, Any], rules: RouteRules) -> bool:
    return rules.admin_route and request.method in UNSAFE and READ_ONLY_EXEMPT not in rules.traits


async def lifted(request: Request[Any, Any, Any], actor: Actor, container: AsyncContainer) -> Actor:
    """The caller, marked. Raises AdminReadOnly without a live token of its organisation: wrong, foreign,
    spent and absent ones are one."""
    sent = request.headers.getall(TOKEN, [])
    if len(sent) != 1:
        raise AdminReadOnly
    write = WantedWrite(
        method=request.method,
        route=plain_template(request.scope["path_template"]),
        status=request.route_handler.status_code,
    )
    marked = await (await container.get(LiftReadOnlyHandler)).handle(actor, sent[0], write)
    if marked is None:
        raise AdminReadOnly
    return marked


@dataclass(frozen=True, slots=True)
class FailedWrites:
    """Around the application while it is read-only: puts writes on record that a token let through and that
    came to nothing."""

    app: ASGIApp
    container: AsyncContainer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= FIRST_FAILURE:
                await self._record(scope, message["status"])
            await send(message)

        await self.app(scope, receive, watch if scope["type"] == ScopeType.HTTP else send)

    async def _record(self, scope: Scope, status: int) -> None:
        actor = cast("Actor | None", scope["state"].get("actor"))
        if actor is None or actor.lifted is None:
            return
        try:
            handler = await self.container.get(RecordFailedWriteHandler)
            await handler.handle(actor, actor.lifted, status)
        except Exception:
            logger.exception("a failed write under break-glass is not on record")
