"""An audit row as everybody sees it: the API, and the hash that seals it."""

from datetime import datetime

from application.ports.audit import AuditEntry


def shown(entry: AuditEntry) -> dict[str, object]:
    """Without its two hashes; under its number. RFC 8785 JSON of this is what `hash` seals."""
    return {
        "audit_id": str(entry.audit_id),
        "org_id": str(entry.org_id),
        "seq": entry.seq,
        "created_at": instant(entry.created_at),
        "action": entry.action,
        "outcome": entry.outcome,
        "actor": entry.actor,
        "actor_id": _text(entry.actor_id),
        "role": entry.role,
        "auth_method": entry.auth_method,
        "resource_type": entry.resource_type,
        "resource_id": _text(entry.resource_id),
        "reason": entry.reason,
        "before": entry.before,
        "after": entry.after,
        "request_id": entry.request_id,
        "ip": entry.ip,
        "user_agent": entry.user_agent,
        "break_glass_session_id": _text(entry.break_glass_session_id),
    }


def instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
