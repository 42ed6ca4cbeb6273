from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class MemoryAuditLog:
    rows: list[dict[str, Any]]
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
        self.rows.append(
            {
                "audit_id": self.ids.new(),
                "created_at": self.clock.now(),
                "actor_id": actor.user_id,
                "actor": actor.name,
                "role": actor.role,
                "auth_method": actor.kind,
                "action": action,
                "resource_type": resource_type,
                "resource_id": resource_id,
                "before": before,
                "after": after,
                "reason": reason,
                "outcome": outcome,
                "request_id": actor.request_id,
                "ip": actor.ip,
                "user_agent": actor.user_agent,
            }
        )
