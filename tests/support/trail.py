"""What changes leave behind: audit rows and usage events, read past the ports, from either database."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.tables.platform import admin_audit_logs, usage_events
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId

FIELDS = ("action", "resource_id", "before", "after")
AUDIT = select(*(admin_audit_logs.c[name] for name in FIELDS)).order_by(admin_audit_logs.c.audit_id)
USAGE = select(usage_events.c.metric, usage_events.c.quantity).order_by(usage_events.c.usage_id)


async def audit_rows(uow: UnitOfWork, org_id: OrgId, resource_id: str | None) -> list[dict[str, Any]]:
    """In the order written, of one resource; None for what has no id."""
    if isinstance(uow, MemoryUnitOfWork):
        rows = [{name: row[name] for name in FIELDS} for row in uow.orgs[org_id].audit]
    else:
        rows = [dict(zip(FIELDS, row, strict=True)) for row in await _read(uow, org_id, AUDIT)]
    wanted = None if resource_id is None else UUID(resource_id)
    return [row for row in rows if row["resource_id"] == wanted]


async def audited(uow: UnitOfWork, org_id: OrgId, resource_id: str | None) -> list[str]:
    return [str(row["action"]) for row in await audit_rows(uow, org_id, resource_id)]


async def usage(uow: UnitOfWork, org_id: OrgId, metric: str) -> list[int]:
    """The quantities, in the order written."""
    if isinstance(uow, MemoryUnitOfWork):
        rows = [(name, quantity) for name, quantity, *_ in uow.orgs[org_id].usage]
    else:
        rows = [(name, quantity) for name, quantity in await _read(uow, org_id, USAGE)]
    return [quantity for name, quantity in rows if name == metric]


async def _read(uow: UnitOfWork, org_id: OrgId, statement: Any) -> list[Any]:
    assert isinstance(uow, PostgresUnitOfWork)
    async with uow.begin(org_id) as unit:
        return list(await unit.connection.execute(statement))
