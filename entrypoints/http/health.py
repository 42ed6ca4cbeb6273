from typing import Any, Literal

import msgspec
from dishka import FromDishka
from litestar import Controller, Request

from domain.identity.actor import Need
from entrypoints.http.readiness import Readiness, ReadyBody
from entrypoints.http.routes import route


class HealthBody(msgspec.Struct):
    status: Literal["ok"] = "ok"


class HealthController(Controller):
    tags = ["operations"]

    @route(
        ["GET", "HEAD"],
        "/healthz",
        need=Need.PUBLIC,
        ungated=True,
        unmetered=True,
        summary="Is the process alive?",
    )
    async def alive(self) -> HealthBody:
        """Touches nothing outside the process."""
        return HealthBody()

    @route(
        ["GET", "HEAD"],
        "/readyz",
        need=Need.PUBLIC,
        ungated=True,
        unmetered=True,
        summary="Should this instance get traffic?",
        problems=("not_ready",),
    )
    async def ready(self, request: Request[Any, Any, Any], readiness: FromDishka[Readiness]) -> ReadyBody:
        """Database, migrations, isolation of tenants, heartbeat of the jobs if required. Budget: 2 s."""
        return await readiness.report(request)
