from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MemoryUsageEvents:
    rows: list[tuple[str, int, UUID]]

    async def record(self, metric: str, quantity: int, resource_id: UUID) -> None:
        self.rows.append((metric, quantity, resource_id))
