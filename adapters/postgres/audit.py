from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.platform import admin_audit_logs
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.identity.actor import Actor

INSERT = insert(admin_audit_logs)


@dataclass(frozen=True, slots=True)
class PostgresAuditLog:
    """Inserts and nothing else: the role may neither change nor delete a row of the log."""

    connection: AsyncConnection
    clock: Clock
    ids: Identifiers

    async def record(
        self,
        actor: Actor,
        action: str,
        resource_type: str,
        resource_id: UUID | None,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        reason: str | None = None,
        outcome: str = "ok",
    ) -> None:
        row = {
            "audit_id": self.ids.new(),
            "created_at": self.clock.now(),
            "actor_id": actor.user_id,
            "actor": actor.name,
            "role": actor.role,
            "auth_method": actor.kind,
            "action": action,
            "resource_type": resource_type,
            "resource_id": resource_id,
            "before": None if before is None else dict(before),
            "after": None if after is None else dict(after),
            "reason": reason,
            "outcome": outcome,
            "request_id": actor.request_id,
            "ip": actor.ip,
            "user_agent": actor.user_agent,
        }
        await self.connection.execute(INSERT, row)
