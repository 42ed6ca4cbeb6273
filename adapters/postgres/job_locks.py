from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.shared.ids import OrgId

TRY = select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))


@dataclass(frozen=True, slots=True)
class PostgresJobLocks:
    """Advisory locks of the transaction: they fall with it, also behind a transaction pooler."""

    connection: AsyncConnection
    org_id: OrgId

    async def try_hold(self, job: str) -> bool:
        key = f"job:{job}:{self.org_id}"
        return bool((await self.connection.execute(TRY, {"key": key})).scalar_one())
