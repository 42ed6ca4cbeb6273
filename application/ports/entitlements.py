from typing import Protocol

from domain.shared.ids import OrgId


class Entitlements(Protocol):
    """What an organisation's plan allows."""

    async def allows(self, org_id: OrgId, metric: str) -> bool:
        """Whether one more of `worker_created`, `booking_created` or `storage_bytes` fits the plan."""
