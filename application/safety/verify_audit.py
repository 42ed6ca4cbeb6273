from dataclasses import dataclass

from application.ports.audit import AuditEntry
from application.ports.canonical_json import CanonicalJson
from application.ports.unit_of_work import UnitOfWork
from application.safety.seal_audit import SealAuditHandler
from application.safety.shown_entry import shown
from domain.safety.audit_chain import GENESIS, Break, ChainCheck, Harm, Head, Link
from domain.shared.ids import OrgId

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """`head` is worth writing down elsewhere: who owns the database could put back both rows and head."""

    head: Head
    broken: Break | None


@dataclass(frozen=True, slots=True)
class VerifyAuditHandler:
    """For the operator: recomputes one organisation's chain from its first row to its head.

    What is not sealed yet is sealed on the way, but never behind a chain that does not hold."""

    uow: UnitOfWork
    seal: SealAuditHandler
    json: CanonicalJson

    async def handle(self, org_id: OrgId) -> Verdict:
        check = ChainCheck()
        sealed = await self._walk(org_id, check)
        if sealed.broken is not None:
            return sealed
        await self.seal.handle(org_id)
        whole = await self._walk(org_id, check)
        if whole.head == Head():  # its founding is on record, so no organisation's log is empty
            return Verdict(whole.head, Break(1, Harm.CUT_OFF))
        return whole

    async def _walk(self, org_id: OrgId, check: ChainCheck) -> Verdict:
        """From where the check is to the head."""
        async with self.uow.begin(org_id) as unit:
            head = await unit.audit_chain.head()
        broken = await self._follow(org_id, check, head) or check.finish(head)
        if broken is None:
            async with self.uow.begin(org_id) as unit:
                beyond = await unit.audit_chain.first_beyond_head()
            broken = None if beyond is None else Break(beyond, Harm.CHANGED)
        return Verdict(head, broken)

    async def _follow(self, org_id: OrgId, check: ChainCheck, head: Head) -> Break | None:
        while check.at.seq < head.seq:
            async with self.uow.begin(org_id) as unit:
                entries = await unit.audit_chain.list_links(check.at.seq, min(CHUNK, head.seq - check.at.seq))
            for entry in entries:
                if (entry.seq or 0) > head.seq:  # behind a gap; the gap is told by `finish`
                    return None
                if (broken := check.take(self._link(entry))) is not None:
                    return broken
            if not entries:
                break
        return None

    def _link(self, entry: AuditEntry) -> Link:
        try:
            row = self.json.encode(shown(entry))
        except ValueError:
            row = None
        return Link(
            seq=entry.seq or 0, prev_hash=entry.prev_hash or GENESIS, hash=entry.hash or GENESIS, row=row
        )
