from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.shared.ids import OrgId, TombstoneId
from domain.storage.tombstone import Tombstone, TombstoneState

if TYPE_CHECKING:
    from adapters.memory.tables import OrgTables


@dataclass(frozen=True, slots=True)
class MemoryTombstones:
    rows: dict[TombstoneId, Tombstone]

    async def add(self, tombstones: Sequence[Tombstone]) -> None:
        await self.save(tombstones)

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Tombstone]:
        due = sorted(
            (row for row in self.rows.values() if row.is_due(now)),
            key=lambda row: (row.next_attempt_at, row.id),
        )
        claimed = [row.claim(now, lease) for row in due[:limit]]
        await self.save(claimed)
        return claimed

    async def lock(self, ids: Sequence[TombstoneId]) -> Sequence[Tombstone]:
        return [self.rows[one] for one in sorted(set(ids)) if one in self.rows]

    async def save(self, tombstones: Sequence[Tombstone]) -> None:
        self.rows.update({tombstone.id: tombstone for tombstone in tombstones})

    async def remove(self, ids: Sequence[TombstoneId]) -> None:
        for one in ids:
            self.rows.pop(one, None)

    async def list_range(
        self, state: TombstoneState | None, *, limit: int, offset: int
    ) -> Sequence[Tombstone]:
        found = sorted(self._in(state), key=lambda row: (row.created_at, row.id))
        return found[offset : offset + limit]

    async def count(self, state: TombstoneState | None) -> int:
        return len(self._in(state))

    def _in(self, state: TombstoneState | None) -> list[Tombstone]:
        return [row for row in self.rows.values() if state in {None, row.state}]


@dataclass(frozen=True, slots=True)
class MemoryTombstoneOrgs:
    tables_by_org: "Mapping[OrgId, OrgTables]"

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        return sorted(
            org_id
            for org_id, tables in self.tables_by_org.items()
            if any(row.is_due(now) for row in tables.tombstones.values())
        )

    async def count(self) -> Mapping[TombstoneState, int]:
        return Counter(
            row.state for tables in self.tables_by_org.values() for row in tables.tombstones.values()
        )
