from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.platform import admin_audit_logs as logs
from adapters.postgres.tables.safety import break_glass_sessions as glass
from application.ports.audit import AuditedChange, AuditEntry, AuditFilter, entry_of, owed
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.identity.actor import Actor
from domain.safety.audited_actions import BREAK_GLASS_WRITE
from domain.safety.break_glass import AdminReadOnly
from domain.shared.errors import NotFound
from domain.shared.ids import AuditId, BreakGlassId, OrgId

NAMES = tuple(column.name for column in fields(AuditEntry))
WRITTEN = tuple(name for name in NAMES if name not in {"org_id", "seq", "prev_hash", "hash"})
ENTRY = tuple(logs.c[name] for name in NAMES)
INSERT = insert(logs)
GET = select(*ENTRY).where(logs.c.audit_id == bindparam("wanted"))
SEALED = select(*ENTRY).where(logs.c.seq.is_not(None)).order_by(logs.c.seq.desc())
LIVE = (
    select(glass.c.break_glass_session_id)
    .where(
        glass.c.break_glass_session_id == bindparam("id"),
        glass.c.revoked_at.is_(None),
        glass.c.expires_at > bindparam("now"),
    )
    .with_for_update(read=True)
)
EQUAL = ("actor", "resource_type", "resource_id", "request_id", "outcome", "break_glass_session_id")


def to_entry(row: Sequence[Any]) -> AuditEntry:
    return AuditEntry(**dict(zip(NAMES, row, strict=True)))


def matching(wanted: AuditFilter) -> Select[Any]:
    """Sealed rows, newest number first: each filter has its own walk."""
    given = {name: getattr(wanted, name) for name in EQUAL}
    found = SEALED.where(*(logs.c[name] == value for name, value in given.items() if value is not None))
    if wanted.actions:
        found = found.where(logs.c.action.in_(sorted(wanted.actions)))
    if wanted.created_from is not None:
        found = found.where(logs.c.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        found = found.where(logs.c.created_at < wanted.created_before)
    if wanted.before_seq is not None:
        found = found.where(logs.c.seq < wanted.before_seq)
    return found


@dataclass(frozen=True, slots=True)
class PostgresAuditLog:
    """Inserts and reads: the role may neither change nor delete a row of the log."""

    connection: AsyncConnection
    org_id: OrgId
    clock: Clock
    ids: Identifiers
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
        await self.connection.execute(INSERT, {name: getattr(entry, name) for name in WRITTEN})
        await self._settle(actor, action)

    async def record_many(
        self,
        actor: Actor,
        action: str,
        resource_type: str,
        changes: Sequence[AuditedChange],
        *,
        reason: str | None = None,
    ) -> None:
        entries = [
            entry_of(
                actor,
                action,
                resource_type,
                change.resource_id,
                audit_id=self.ids.new(),
                org_id=self.org_id,
                now=self.clock.now(),
                before=change.before,
                after=change.after,
                reason=reason,
            )
            for change in changes
        ]
        if entries:
            rows = [{name: getattr(entry, name) for name in WRITTEN} for entry in entries]
            await self.connection.execute(INSERT, rows)
            await self._settle(actor, action)

    async def _settle(self, actor: Actor, action: str) -> None:
        """The write itself, if it is one under break-glass that the unit has not told of yet."""
        if (lifted := owed(actor, action, self.told)) is not None:
            await self._require_live(lifted.session_id)
            await self.record(
                actor,
                BREAK_GLASS_WRITE,
                "break_glass_session",
                lifted.session_id,
                after=lifted.told(),
                reason=lifted.reason,
            )

    async def _require_live(self, session_id: BreakGlassId) -> None:
        values = {"id": session_id, "now": self.clock.now()}
        if (await self.connection.execute(LIVE, values)).one_or_none() is None:
            raise AdminReadOnly

    async def get(self, audit_id: AuditId) -> AuditEntry:
        row = (await self.connection.execute(GET, {"wanted": audit_id})).one_or_none()
        if row is None:
            raise NotFound("audit_id")
        return to_entry(row)

    async def list_sealed(self, wanted: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        found = matching(wanted).limit(limit)
        return [to_entry(row) for row in await self.connection.execute(found)]
