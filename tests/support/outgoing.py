"""What a unit of work has queued and audited, read the same way on both databases."""

from typing import Any

from sqlalchemy import select

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.tables.delivery import outbox_events
from adapters.postgres.tables.platform import admin_audit_logs
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId

AUDIT = ("action", "resource_type", "resource_id", "before", "after", "auth_method")


async def audited(uow: UnitOfWork, org_id: OrgId) -> list[dict[str, Any]]:
    """Audit rows in the order of their making."""
    if isinstance(uow, MemoryUnitOfWork):
        return [{name: row[name] for name in AUDIT} for row in uow.orgs[org_id].audit]
    assert isinstance(uow, PostgresUnitOfWork)
    statement = select(*(admin_audit_logs.c[name] for name in AUDIT)).order_by(admin_audit_logs.c.audit_id)
    async with uow.begin(org_id) as unit:
        return [dict(row) for row in (await unit.connection.execute(statement)).mappings()]


async def queued(uow: UnitOfWork, org_id: OrgId) -> dict[str, tuple[str, dict[str, Any]]]:
    """Template or event and payload of each outgoing message, by dedupe key."""
    if isinstance(uow, MemoryUnitOfWork):
        rows = [(row.dedupe_key, row.event_type, row.payload) for row in uow.orgs[org_id].outbox.values()]
    else:
        assert isinstance(uow, PostgresUnitOfWork)
        columns = (outbox_events.c.dedupe_key, outbox_events.c.event_type, outbox_events.c.payload)
        async with uow.begin(org_id) as unit:
            rows = [
                (key, kind, payload) for key, kind, payload in await unit.connection.execute(select(*columns))
            ]
    return {key: (kind, dict(payload)) for key, kind, payload in rows}
