from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.ports.audit import AuditEntry
from application.ports.audit_chain import Seal
from application.ports.canonical_json import CanonicalJson
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from application.safety.shown_entry import shown
from domain.safety.audit_chain import Head
from domain.shared.ids import OrgId

BATCH = 500


@dataclass(frozen=True, slots=True)
class SealAuditHandler:
    """Numbers and hashes what was written since the last time. Who writes never waits for it."""

    uow: UnitOfWork
    json: CanonicalJson

    async def handle(self, org_id: OrgId) -> int:
        """How many rows were sealed: all that were committed when it began."""
        sealed = 0
        while (count := await self._seal_some(org_id)) == BATCH:
            sealed += count
        return sealed + count

    @retrying
    async def _seal_some(self, org_id: OrgId) -> int:
        async with self.uow.begin(org_id) as unit:
            if not await unit.audit_chain.list_unsealed(1):
                return 0  # as most times: nobody waits for the lock to learn it
            await unit.audit_chain.lock()
            head = await unit.audit_chain.head()
            entries = await unit.audit_chain.list_unsealed(BATCH)
            if entries:
                await unit.audit_chain.append(head, self._seals(head, entries))
        return len(entries)

    def _seals(self, head: Head, entries: Sequence[AuditEntry]) -> list[Seal]:
        seals: list[Seal] = []
        for entry in entries:
            head = head.followed_by(self.json.encode(shown(replace(entry, seq=head.seq + 1))))
            seals.append(Seal(entry.audit_id, head.hash))
        return seals
