"""Figures for Prometheus. They are everyone's, so they are the operator's alone."""

from typing import Any

from dishka import FromDishka
from litestar import Controller, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from domain.identity.actor import ActorKind, Need
from domain.shared.errors import Forbidden, NotFound, Unauthenticated
from entrypoints.http.authenticate import Authenticate
from entrypoints.http.installation_metrics import InstallationMetrics
from entrypoints.http.measuring import Measures
from entrypoints.http.operator_token import carries
from entrypoints.http.routes import RouteRules, get
from entrypoints.settings import Settings

READERS = RouteRules(need=Need.ADMIN)
PLAIN = "text/plain; version=0.0.4"
"""Of Prometheus' text; the answer adds its charset, and twice it is no content type to a scraper."""


class MetricsController(Controller):
    tags = ["operations"]

    @get(
        ["/v1/metrics", "/metrics"],
        need=Need.PUBLIC,
        ungated=True,
        unmetered=True,
        summary="Figures in Prometheus' text format",
        media_type="text/plain",
        problems=("unauthenticated", "forbidden", "password_change_required", "org_suspended", "not_found"),
    )
    async def figures(
        self,
        request: Request[Any, Any, Any],
        settings: FromDishka[Settings],
        authenticate: FromDishka[Authenticate],
        measures: FromDishka[Measures],
        installation: FromDishka[InstallationMetrics],
        engine: FromDishka[AsyncEngine],
    ) -> Response[bytes]:
        """For `METRICS_TOKEN` as Bearer, or the operator's Basic pair of an owner or admin; in dev for
        admins of an organisation too. Combine the installation's over instances with `max`, not `sum`."""
        if not settings.edge.metrics_enabled:
            raise NotFound(detail="There is nothing at this address.")
        if not carries(request, settings.edge.metrics_token):
            await require_operator(request, settings, authenticate)
        pool = engine.pool
        if isinstance(pool, QueuePool):
            measures.pool(pool.checkedout(), pool.size())
        text = measures.exposition() + await installation.exposition()
        return Response(text, media_type=PLAIN)


async def require_operator(
    request: Request[Any, Any, Any], settings: Settings, authenticate: Authenticate
) -> None:
    actor = await authenticate(request, READERS)
    if actor is None or actor.kind is ActorKind.NONE:
        raise Unauthenticated
    actor.require(Need.ADMIN)
    if actor.kind is not ActorKind.BASIC and not settings.is_dev:
        raise Forbidden("Figures of the installation are for its operator.")
