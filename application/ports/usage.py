from typing import Protocol
from uuid import UUID


class UsageEvents(Protocol):
    """What plans count, written with the change that it counts."""

    async def record(self, metric: str, quantity: int, resource_id: UUID) -> None:
        """`metric` is worker_created, booking_created or storage_bytes; `quantity` is signed."""
