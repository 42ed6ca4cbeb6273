"""The audit log (table `admin_audit_logs`): what was done and by whom, in the transaction of the change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.identity.actor import Actor, ActorKind, Lifted
from domain.identity.email import normalise_email
from domain.safety.audited_actions import ACTIONS, BREAK_GLASS_WRITE
from domain.shared.ids import AuditId, BreakGlassId, OrgId, UserId
from domain.shared.redaction import redact_text

MOST_BYTES = 8 * 1024
EXACT = 2**53  # RFC 8785 writes numbers as JavaScript does
_NAMELESS = frozenset({ActorKind.NONE})  # whose address goes when they are erased, so the log never has it


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A row. `seq` and the hashes are None until it is sealed, seconds later."""

    audit_id: AuditId
    org_id: OrgId
    seq: int | None = None
    created_at: datetime
    action: str
    outcome: str = "ok"  # ok, refused, failed
    actor: str
    actor_id: UserId | None
    role: str | None
    auth_method: str
    resource_type: str
    resource_id: UUID | None
    reason: str | None = None
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    request_id: str
    ip: str | None
    user_agent: str | None
    break_glass_session_id: BreakGlassId | None = None
    prev_hash: bytes | None = None
    hash: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Unset parts let everything through. `before_seq` continues a page."""

    actions: frozenset[str] = frozenset()
    actor: str | None = None
    resource_type: str | None = None
    resource_id: UUID | None = None
    request_id: str | None = None
    outcome: str | None = None
    break_glass_session_id: BreakGlassId | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    before_seq: int | None = None


@dataclass(frozen=True, slots=True)
class AuditedChange:
    """What differs of one thing. As in a row, only what the action keeps of it stays."""

    resource_id: UUID
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


class AuditLog(Protocol):
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
        """One unsealed row. The action is one of `domain.safety.audited_actions`, which says what of
        `before` and `after` is kept; its instant and id are the adapter's own.

        The first row that a unit writes for an actor under break-glass is followed by `break_glass_write`. It
        raises AdminReadOnly if the token has ended since the gate; until the unit ends, nobody revokes it."""

    async def record_many(
        self,
        actor: Actor,
        action: str,
        resource_type: str,
        changes: Sequence[AuditedChange],
        *,
        reason: str | None = None,
    ) -> None:
        """As record, one row for each change, in this order."""

    async def get(self, audit_id: AuditId) -> AuditEntry:
        """Raises NotFound."""

    async def list_sealed(self, wanted: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """Newest number first."""


def actor_named(name: str) -> str:
    """As the log has it: an address in its one spelling, a Basic user as it is."""
    return normalise_email(name) if "@" in name else name


def entry_of(
    actor: Actor,
    action: str,
    resource_type: str,
    resource_id: UUID | None,
    *,
    audit_id: UUID,
    org_id: OrgId,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str | None = None,
    outcome: str = "ok",
) -> AuditEntry:
    """The row, redacted; the same from every adapter. Raises KeyError for an action that is not listed."""
    kept = ACTIONS[action].kept
    shown = actor.kind not in _NAMELESS
    return AuditEntry(
        audit_id=AuditId(audit_id),
        org_id=org_id,
        created_at=now,
        action=action,
        outcome=outcome,
        actor=actor_named(actor.name),
        actor_id=actor.user_id,
        role=actor.role.value if actor.role else None,
        auth_method=actor.kind.value,
        resource_type=resource_type,
        resource_id=resource_id,
        reason=redact_text(reason) if reason else None,
        before=_fitting(kept(before)),
        after=_fitting(kept(after)),
        request_id=actor.request_id,
        ip=actor.ip if shown else None,
        user_agent=actor.user_agent if shown else None,
        break_glass_session_id=actor.lifted.session_id if actor.lifted else None,
    )


def owed(actor: Actor, action: str, told: set[BreakGlassId]) -> Lifted | None:
    """The write of which `break_glass_write` is still to tell, once a unit; `told` is that unit's memory."""
    lifted = actor.lifted
    if lifted is None or action == BREAK_GLASS_WRITE or lifted.session_id in told:
        return None
    told.add(lifted.session_id)
    return lifted


def _fitting(values: dict[str, object] | None) -> dict[str, object] | None:
    """As JSON of at most 8 KiB: of a value that is too long only its length is kept."""
    if values is None:
        return None
    fitting = {name: _exact(value) for name, value in values.items()}
    sizes = {name: _size(value) for name, value in fitting.items()}
    while _size(fitting) > MOST_BYTES:
        longest = max(sizes, key=lambda name: sizes[name])
        fitting[longest] = {"bytes": sizes.pop(longest)}
    return fitting


def _exact(value: object) -> object:
    """Numbers that JSON's readers would round become text: a row that cannot be sealed stops its chain."""
    if isinstance(value, Mapping):
        return {str(name): _exact(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(part) for part in value]
    if isinstance(value, int) and abs(value) >= EXACT:
        return str(value)
    return value


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
