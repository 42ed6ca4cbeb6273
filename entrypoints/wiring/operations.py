from collections.abc import AsyncIterable

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.pool import PoolWatch
from adapters.postgres.probe import DatabaseProbe
from application.delivery.read_figures import ReadFiguresHandler
from application.ports.clock import Clock
from entrypoints.draining import Draining
from entrypoints.http.installation_metrics import InstallationMetrics
from entrypoints.http.readiness import Readiness, RedisProbe
from entrypoints.settings import Settings


class OperationsProvider(Provider):
    """Readiness, and the end of the process."""

    scope = Scope.APP
    figures = provide(ReadFiguresHandler)
    metrics = provide(InstallationMetrics)

    @provide
    def draining(self) -> Draining:
        return Draining()

    @provide
    async def probe(self, settings: Settings) -> AsyncIterable[DatabaseProbe]:
        url = settings.database.url
        probe = DatabaseProbe(url.reveal() if url else "", settings.database.prepared_statements)
        yield probe
        await probe.close()

    @provide
    async def pool(self, engine: AsyncEngine) -> AsyncIterable[PoolWatch]:
        watch = PoolWatch(engine)
        yield watch
        await watch.close()

    @provide
    def readiness(
        self,
        settings: Settings,
        clock: Clock,
        probe: DatabaseProbe,
        pool: PoolWatch,
        redis: RedisProbe,
        draining: Draining,
    ) -> Readiness:
        return Readiness(settings, clock, probe, pool, redis, draining)
