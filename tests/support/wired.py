"""The application over any wiring, with routes that are registered once for all tests of a process.

Registering them takes longer than most tests do, and depends on neither settings nor container.
"""

from collections.abc import Sequence
from copy import copy
from functools import cache
from typing import Any

import httpx
from dishka import AsyncContainer
from litestar import Controller, Litestar, Request, Response
from litestar.exceptions import MethodNotAllowedException
from litestar.types import Receive, Scope, Send

from entrypoints.http.app import CONTROLLERS, edge_around, gatekeeper, routed
from entrypoints.settings import Settings

GATE = "gate_of_the_test"


class GateOfTheTest:
    """The real gate of whichever wiring serves this request."""

    async def __call__(self, request: Request[Any, Any, Any], /) -> Response[None] | None:
        answer: Response[None] | None = await request.scope["state"][GATE](request)
        return answer

    def missing_method(
        self, request: Request[Any, Any, Any], error: MethodNotAllowedException, /
    ) -> Response[bytes]:
        answer: Response[bytes] = request.scope["state"][GATE].missing_method(request, error)
        return answer


@cache
def shared_routes(controllers: tuple[type[Controller], ...]) -> Litestar:
    return routed(controllers, GateOfTheTest())


def client_of(
    settings: Settings,
    container: AsyncContainer,
    *,
    peer: str,
    controllers: Sequence[type[Controller]] = CONTROLLERS,
) -> httpx.AsyncClient:
    """As over `create_app` with these settings and this container, but for its lifespan."""
    routes = shared_routes(tuple(controllers))
    app = copy(routes)
    app.asgi_handler = edge_around(routes, settings, container)
    gate = gatekeeper(settings, container)

    async def wired(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {GATE: gate}
        await app(scope, receive, send)

    transport = httpx.ASGITransport(wired, client=(peer, 5000))  # type: ignore[arg-type]  # Litestar's scope
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")
