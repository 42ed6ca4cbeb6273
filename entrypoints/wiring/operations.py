from collections.abc import AsyncIterable

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.connection import JOB
from adapters.postgres.pool import PoolWatch
from adapters.postgres.probe import DatabaseProbe
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.delivery.read_figures import ReadFiguresHandler
from application.delivery.read_job_status import HeartbeatRule
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from entrypoints.draining import Draining
from entrypoints.http.installation_metrics import InstallationMetrics
from entrypoints.http.readiness import Readiness, RedisProbe
from entrypoints.settings import Settings


class OperationsProvider(Provider):
    """Readiness, and the end of the process."""

    scope = Scope.APP

    @provide
    async def metrics(
        self, uow: UnitOfWork, clock: Clock, rule: HeartbeatRule
    ) -> AsyncIterable[InstallationMetrics]:
        """Counting a great backlog may take longer than a request."""
        patient = uow.within(JOB) if isinstance(uow, PostgresUnitOfWork) else uow
        made = InstallationMetrics(ReadFiguresHandler(patient, clock), rule)
        yield made
        await made.close()

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
