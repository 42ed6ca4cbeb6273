from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from domain.identity.actor import Actor


class AuditLog(Protocol):
    """What was done and by whom, in the transaction of the change (table `admin_audit_logs`)."""

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
        """One unsealed row. `before` and `after` hold JSON values of allowed fields only: no personal
        data, no secrets, at most 8 KiB. Its instant and id are the adapter's own."""
