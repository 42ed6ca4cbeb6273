from collections.abc import AsyncIterable
from dataclasses import replace
from typing import cast

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.connection import REQUEST, Limits
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from entrypoints import log_context
from entrypoints.http.measuring import Measures
from entrypoints.settings import Settings


def request_limits(settings: Settings) -> Limits:
    return replace(REQUEST, statement_ms=settings.database.statement_timeout_ms)


class PostgresProvider(Provider):
    """One pool for the process; transactions on it."""

    scope = Scope.APP

    @provide
    async def engine(self, settings: Settings) -> AsyncIterable[AsyncEngine]:
        database = settings.database
        if database.url is None:
            raise RuntimeError("the embedded database must be started before the container is made")
        engine = make_engine(
            DatabaseOptions(
                database.url.reveal(),
                pool_size=database.pool_size,
                pool_timeout_seconds=database.pool_timeout_seconds,
                prepared_statements=database.prepared_statements,
            )
        )
        yield engine
        await engine.dispose()

    @provide
    def unit_of_work(
        self,
        settings: Settings,
        engine: AsyncEngine,
        clock: Clock,
        ids: Identifiers,
        cipher: FieldCipher,
        measures: Measures,
    ) -> UnitOfWork:
        limits = request_limits(settings)
        made = PostgresUnitOfWork(engine, clock, ids, cipher, limits, measures, log_context.traceparent)
        return cast("UnitOfWork", made)
