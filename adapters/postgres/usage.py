from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.platform import usage_events
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers

INSERT = insert(usage_events)


@dataclass(frozen=True, slots=True)
class PostgresUsageEvents:
    connection: AsyncConnection
    clock: Clock
    ids: Identifiers

    async def record(self, metric: str, quantity: int, resource_id: UUID) -> None:
        row = {
            "usage_id": self.ids.new(),
            "metric": metric,
            "quantity": quantity,
            "resource_id": resource_id,
            "recorded_at": self.clock.now(),
        }
        await self.connection.execute(INSERT, row)
