from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from application.ports.audit import AuditEntry
from application.ports.audit_chain import ChainBroken, Seal
from domain.safety.audit_chain import Head
from domain.shared.errors import Contended
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class MemoryAuditChain:
    rows: list[dict[str, Any]]
    heads: list[Head]  # one, once something was sealed

    async def lock(self) -> None:
        """Units of one organisation are serial here."""

    async def head(self) -> Head:
        return self.heads[0] if self.heads else Head()

    async def list_unsealed(self, limit: int) -> Sequence[AuditEntry]:
        waiting = [AuditEntry(**row) for row in self.rows if row["seq"] is None]
        return sorted(waiting, key=lambda entry: entry.audit_id)[:limit]

    async def append(self, after: Head, seals: Sequence[Seal]) -> None:
        places = {row["audit_id"]: place for place, row in enumerate(self.rows) if row["seq"] is None}
        if await self.head() != after or any(seal.audit_id not in places for seal in seals):
            raise Contended("The audit log was sealed by somebody else.")
        if await self.first_beyond_head() is not None:
            raise ChainBroken(after.seq + 1)
        head = after
        for seal in seals:
            sealed = {"seq": head.seq + 1, "prev_hash": head.hash, "hash": seal.hash}
            place = places[seal.audit_id]
            self.rows[place] = {**self.rows[place], **sealed}
            head = Head(head.seq + 1, seal.hash)
        self.heads[:] = [head]

    async def list_links(self, after_seq: int, limit: int) -> Sequence[AuditEntry]:
        sealed = [AuditEntry(**row) for row in self.rows if (row["seq"] or 0) > after_seq]
        return sorted(sealed, key=lambda entry: entry.seq or 0)[:limit]

    async def first_beyond_head(self) -> int | None:
        head = await self.head()
        return min((row["seq"] for row in self.rows if (row["seq"] or 0) > head.seq), default=None)


@dataclass(frozen=True, slots=True)
class MemoryUnsealedOrgs:
    rows_by_org: Mapping[OrgId, Sequence[Mapping[str, Any]]]

    async def list_orgs(self) -> Sequence[OrgId]:
        return sorted(
            org_id for org_id, rows in self.rows_by_org.items() if any(row["seq"] is None for row in rows)
        )
