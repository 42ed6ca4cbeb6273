from dataclasses import dataclass

from domain.pricing.add_on import AddOn, AddOnCodeTaken, AddOnNotFound
from domain.shared.ids import AddOnId


@dataclass(frozen=True, slots=True)
class MemoryAddOns:
    rows: dict[AddOnId, AddOn]

    async def get(self, add_on_id: AddOnId) -> AddOn:
        if add_on_id not in self.rows:
            raise AddOnNotFound
        return self.rows[add_on_id]

    async def lock(self, add_on_id: AddOnId) -> AddOn:
        return await self.get(add_on_id)

    async def list_active(self) -> list[AddOn]:
        return sorted((row for row in self.rows.values() if row.is_active), key=lambda row: row.code)

    async def list_after(self, code: str | None, limit: int, *, active: bool | None = None) -> list[AddOn]:
        wanted = [
            row
            for row in self.rows.values()
            if (code is None or row.code > code) and (active is None or row.is_active is active)
        ]
        return sorted(wanted, key=lambda row: row.code)[:limit]

    async def save(self, add_on: AddOn) -> None:
        if any(row.code == add_on.code and row.id != add_on.id for row in self.rows.values()):
            raise AddOnCodeTaken(add_on.code)
        self.rows[add_on.id] = add_on
