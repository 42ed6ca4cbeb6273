import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.connection import JOB, Limits
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.shared.ids import OrgId

TRY = select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))
STILL_HERE = select(1)


@dataclass(frozen=True, slots=True)
class PostgresJobLocks:
    """Advisory locks of a transaction of their own: they fall with it, also behind a transaction pooler.

    `uow` is on connections that are for locks alone: who holds one wants another connection to work on, and
    from one pool those who wait could hold them all. The server ends a transaction that says nothing for its
    idle time, so that a host which vanished gives its locks back; `words_seconds` apart we say something.
    """

    uow: PostgresUnitOfWork
    limits: Limits = JOB
    words_seconds: float = 20

    @asynccontextmanager
    async def hold(self, job: str, org_id: OrgId) -> AsyncIterator[bool]:
        async with self.uow.within(self.limits).begin_global() as unit:
            taken = await unit.connection.execute(TRY, {"key": f"job:{job}:{org_id}"})
            if not taken.scalar_one():
                yield False
                return
            async with _talking(unit.connection, self.words_seconds):
                yield True


@asynccontextmanager
async def _talking(connection: AsyncConnection, every_seconds: float) -> AsyncIterator[None]:
    over = asyncio.Event()
    words = asyncio.create_task(_talk(connection, every_seconds, over))
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(words, return_exceptions=True)  # of a lost connection the commit tells


async def _talk(connection: AsyncConnection, every_seconds: float, over: asyncio.Event) -> None:
    while not over.is_set():
        try:
            await asyncio.wait_for(over.wait(), every_seconds)
        except TimeoutError:
            await connection.execute(STILL_HERE)
