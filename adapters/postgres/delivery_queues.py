from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.metadata import Instant
from application.ports.delivery_queues import Queue

COUNT = text("select * from delivery_queues(:now) order by kind, status").bindparams(
    bindparam("now", type_=Instant)
)


@dataclass(frozen=True, slots=True)
class PostgresDeliveryQueues:
    connection: AsyncConnection

    async def count(self, now: datetime) -> Sequence[Queue]:
        return [Queue(*row) for row in await self.connection.execute(COUNT, {"now": now})]
