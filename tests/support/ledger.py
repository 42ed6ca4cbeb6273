"""All that bookings wrote in one organisation, in a form in which two databases can be compared."""

import json
from typing import Any

from sqlalchemy import text

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId

MESSAGES = text("select dedupe_key, event_type, status, outcome, payload from outbox_events")
AUDIT = text("select action, resource_id, before, after, reason, role from admin_audit_logs")
USAGE = text("select metric, quantity, resource_id from usage_events")
BOOKINGS = text("select booking_id, version, status from bookings")
LEADS = text("select lead_id, version, status, referral_credits from leads")


async def ledger_of(uow: UnitOfWork, org_id: OrgId) -> dict[str, list[Any]]:
    """Rows as JSON values, in the order of their contents: their ids are each database's own."""
    rows = _remembered(uow, org_id) if isinstance(uow, MemoryUnitOfWork) else await _stored(uow, org_id)
    return {table: sorted(map(_plain, some), key=json.dumps) for table, some in rows.items()}


async def _stored(uow: UnitOfWork, org_id: OrgId) -> dict[str, list[Any]]:
    assert isinstance(uow, PostgresUnitOfWork)
    questions = {"messages": MESSAGES, "audit": AUDIT, "usage": USAGE, "bookings": BOOKINGS, "leads": LEADS}
    async with uow.begin(org_id) as unit:
        return {
            table: [tuple(row) for row in await unit.connection.execute(question)]
            for table, question in questions.items()
        }


def _remembered(uow: MemoryUnitOfWork, org_id: OrgId) -> dict[str, list[Any]]:
    tables = uow.orgs[org_id]
    audited = ("action", "resource_id", "before", "after", "reason", "role")
    return {
        "messages": [
            (e.dedupe_key, e.event_type, e.status, e.outcome, e.payload) for e in tables.outbox.values()
        ],
        "audit": [tuple(row[name] for name in audited) for row in tables.audit],
        "usage": list(tables.usage),
        "bookings": [(b.id, b.version, b.status) for b in tables.bookings.values()],
        "leads": [(x.id, x.version, x.status, x.referral_credits) for x in tables.leads.values()],
    }


def _plain(row: Any) -> Any:
    return json.loads(json.dumps(row, sort_keys=True, default=_as_json))


def _as_json(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else str(value)
