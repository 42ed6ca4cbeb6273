"""All that an office has written, in a form in which two databases can be compared."""

import json
from typing import Any

from sqlalchemy import text

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.shared.ids import BookingId
from tests.lifecycles.booking_office import LEADS, BookingOffice

BOOKINGS = text("select booking_id from bookings order by booking_id")
MESSAGES = text("select dedupe_key, event_type, status, outcome, payload from outbox_events")
AUDIT = text("select action, resource_id, before, after, reason, role from admin_audit_logs")
USAGE = text("select metric, quantity, resource_id from usage_events")


async def ledger_of(office: BookingOffice) -> dict[str, Any]:
    uow = office.uow
    if isinstance(uow, MemoryUnitOfWork):
        tables = uow.orgs[office.org_id]
        booking_ids = sorted(tables.bookings)
        messages = [
            (e.dedupe_key, e.event_type, e.status, e.outcome, e.payload) for e in tables.outbox.values()
        ]
        audit = [
            (r["action"], r["resource_id"], r["before"], r["after"], r["reason"], r["role"])
            for r in tables.audit
        ]
        usage = [tuple(row) for row in tables.usage]
    else:
        assert isinstance(uow, PostgresUnitOfWork)
        async with uow.begin(office.org_id) as unit:
            rows = [(await unit.connection.execute(q)).all() for q in (BOOKINGS, MESSAGES, AUDIT, USAGE)]
        booking_ids = [BookingId(row[0]) for row in rows[0]]
        messages, audit, usage = ([tuple(row) for row in some] for some in rows[1:])
    return {
        **await _entities(office, booking_ids),
        "messages": _sorted(messages),
        "audit": _sorted(audit),
        "usage": _sorted(usage),
    }


async def _entities(office: BookingOffice, booking_ids: list[BookingId]) -> dict[str, Any]:
    async with office.uow.begin(office.org_id) as unit:
        return {
            "bookings": [await unit.bookings.get(booking_id) for booking_id in booking_ids],
            "people": [await unit.bookings.people(booking_id) for booking_id in booking_ids],
            "leads": [await unit.leads.get(lead_id) for lead_id in LEADS],
        }


def _sorted(rows: list[Any]) -> list[str]:
    """As JSON text: the ids of the rows are each database's own, so they come in the order of contents."""
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)
