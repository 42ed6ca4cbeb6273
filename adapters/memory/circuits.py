from collections.abc import Sequence
from dataclasses import dataclass

from domain.shared.circuit import Circuit


@dataclass(frozen=True, slots=True)
class MemoryCircuits:
    rows: dict[str, Circuit]

    async def find(self, name: str) -> Circuit:
        return self.rows.get(name, Circuit(name=name))

    async def lock(self, name: str) -> Circuit:
        return await self.find(name)

    async def save(self, circuit: Circuit) -> None:
        self.rows[circuit.name] = circuit

    async def list_all(self) -> Sequence[Circuit]:
        return [self.rows[name] for name in sorted(self.rows)]
