from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from application.ports.audit import AuditedChange, AuditEntry, AuditFilter, entry_of, owed
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.identity.actor import Actor
from domain.safety.audited_actions import BREAK_GLASS_WRITE
from domain.safety.break_glass import AdminReadOnly, BreakGlassSession, BreakGlassStatus
from domain.shared.errors import NotFound
from domain.shared.ids import AuditId, BreakGlassId, OrgId

NAMES = tuple(column.name for column in fields(AuditEntry))
EQUAL = ("actor", "resource_type", "resource_id", "request_id", "outcome", "break_glass_session_id")


@dataclass(frozen=True, slots=True)
class MemoryAuditLog:
    rows: list[dict[str, Any]]
    org_id: OrgId
    clock: Clock
    ids: Identifiers
    sessions: Mapping[BreakGlassId, BreakGlassSession] = field(default_factory=dict)
    told: set[BreakGlassId] = field(default_factory=set)  # this unit's break-glass writes

    async def record(
        self,
        actor: Actor,
        action: str,
        resource_type: str,
        resource_id: UUID | None,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        reason: str | None = None,
        outcome: str = "ok",
    ) -> None:
        entry = entry_of(
            actor,
            action,
            resource_type,
            resource_id,
            audit_id=self.ids.new(),
            org_id=self.org_id,
            now=self.clock.now(),
            before=before,
            after=after,
            reason=reason,
            outcome=outcome,
        )
        self.rows.append({name: getattr(entry, name) for name in NAMES})
        if (lifted := owed(actor, action, self.told)) is not None:
            self._require_live(lifted.session_id)
            await self.record(
                actor,
                BREAK_GLASS_WRITE,
                "break_glass_session",
                lifted.session_id,
                after=lifted.told(),
                reason=lifted.reason,
            )

    async def record_many(
        self,
        actor: Actor,
        action: str,
        resource_type: str,
        changes: Sequence[AuditedChange],
        *,
        reason: str | None = None,
    ) -> None:
        for change in changes:
            await self.record(
                actor,
                action,
                resource_type,
                change.resource_id,
                before=change.before,
                after=change.after,
                reason=reason,
            )

    def _require_live(self, session_id: BreakGlassId) -> None:
        session = self.sessions.get(session_id)
        if session is None or session.status_at(self.clock.now()) is not BreakGlassStatus.ACTIVE:
            raise AdminReadOnly

    async def get(self, audit_id: AuditId) -> AuditEntry:
        for row in self.rows:
            if row["audit_id"] == audit_id:
                return AuditEntry(**row)
        raise NotFound("audit_id")

    async def list_sealed(self, wanted: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        found = [AuditEntry(**row) for row in self.rows if row["seq"] is not None]
        found = [entry for entry in found if _fits(entry, wanted)]
        return sorted(found, key=lambda entry: -(entry.seq or 0))[:limit]


def _fits(entry: AuditEntry, wanted: AuditFilter) -> bool:
    return (
        all(getattr(wanted, name) in {None, getattr(entry, name)} for name in EQUAL)
        and (not wanted.actions or entry.action in wanted.actions)
        and (wanted.created_from is None or entry.created_at >= wanted.created_from)
        and (wanted.created_before is None or entry.created_at < wanted.created_before)
        and (wanted.before_seq is None or (entry.seq or 0) < wanted.before_seq)
    )
