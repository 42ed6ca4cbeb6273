from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from adapters.postgres.connection import JOB
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.shared.ids import OrgId

TRY = select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))


@dataclass(frozen=True, slots=True)
class PostgresJobLocks:
    """Advisory locks of a transaction of their own: they fall with it, also behind a transaction pooler."""

    uow: PostgresUnitOfWork

    @asynccontextmanager
    async def hold(self, job: str, org_id: OrgId) -> AsyncIterator[bool]:
        async with self.uow.within(JOB).begin_global() as unit:
            taken = await unit.connection.execute(TRY, {"key": f"job:{job}:{org_id}"})
            yield bool(taken.scalar_one())
