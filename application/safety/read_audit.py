from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from application.ports.audit import AuditEntry, AuditFilter
from application.ports.audit_chain import ChainBroken
from application.ports.unit_of_work import UnitOfWork
from application.safety.seal_audit import SealAuditHandler
from domain.identity.actor import Actor, Need
from domain.shared.ids import AuditId


@dataclass(frozen=True, slots=True)
class ListAudit:
    wanted: AuditFilter
    limit: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`next_seq` None: there is no more."""

    entries: Sequence[AuditEntry]
    next_seq: int | None


@dataclass(frozen=True, slots=True)
class ListAuditHandler:
    """Newest first. What happened up to now is sealed before it is read, so that it is in the list."""

    uow: UnitOfWork
    seal: SealAuditHandler

    async def handle(self, actor: Actor, query: ListAudit) -> AuditPage:
        actor.require(Need.ADMIN)
        with suppress(ChainBroken):  # then above all it must be read
            await self.seal.handle(actor.org_id)
        async with self.uow.begin(actor.org_id) as unit:
            found = await unit.audit.list_sealed(query.wanted, query.limit + 1)
        entries = found[: query.limit]
        return AuditPage(entries, entries[-1].seq if len(found) > query.limit else None)


@dataclass(frozen=True, slots=True)
class ReadAuditHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, audit_id: AuditId) -> AuditEntry:
        """Raises NotFound."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.audit.get(audit_id)
