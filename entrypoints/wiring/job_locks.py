from collections.abc import AsyncIterable
from dataclasses import replace

from dishka import Provider, Scope, provide

from adapters.memory.job_locks import MemoryJobLocks
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.job_locks import PostgresJobLocks
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.job_locks import JobLocks
from application.ports.unit_of_work import UnitOfWork
from entrypoints.settings import Settings

MOST_LOCKS = 20


class JobLocksProvider(Provider):
    scope = Scope.APP

    @provide
    async def job_locks(self, settings: Settings, uow: UnitOfWork) -> AsyncIterable[JobLocks]:
        """On connections beside the pool, opened when wanted: who holds a lock wants one of the pool."""
        if not isinstance(uow, PostgresUnitOfWork):
            yield MemoryJobLocks()
            return
        engine = make_engine(
            DatabaseOptions(
                uow.engine.url.render_as_string(hide_password=False),
                pool_size=1,
                overflow=MOST_LOCKS - 1,
                pool_timeout_seconds=settings.database.pool_timeout_seconds,
                prepared_statements=settings.database.prepared_statements,
                application_name="sweepline-locks",
            )
        )
        yield PostgresJobLocks(replace(uow, engine=engine))
        await engine.dispose()
