from dataclasses import dataclass

from domain.delivery.heartbeat import Heartbeat


@dataclass(frozen=True, slots=True)
class MemoryHeartbeats:
    rows: dict[str, Heartbeat]

    async def lock(self, name: str) -> Heartbeat:
        return self.rows.get(name, Heartbeat(name=name))

    async def save(self, heartbeat: Heartbeat) -> None:
        self.rows[heartbeat.name] = heartbeat

    async def list_all(self) -> list[Heartbeat]:
        return [self.rows[name] for name in sorted(self.rows)]
