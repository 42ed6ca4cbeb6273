from typing import Literal

import msgspec
from litestar import Controller

from domain.identity.actor import Need
from entrypoints.http.routes import route


class HealthBody(msgspec.Struct):
    status: Literal["ok"] = "ok"


class HealthController(Controller):
    tags = ["operations"]

    @route(["GET", "HEAD"], "/healthz", need=Need.PUBLIC, ungated=True, summary="Is the process alive?")
    async def alive(self) -> HealthBody:
        """Touches nothing outside the process."""
        return HealthBody()
