"""The cost of a page of the audit log grows with the page, whatever it is filtered by."""

from typing import Any
from uuid import uuid4

import pytest

from adapters.postgres.audit import matching
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.audit import AuditFilter
from domain.shared.ids import BreakGlassId, OrgId
from tests.support.plans import plan_of

WALKS: dict[str, tuple[dict[str, Any], str]] = {
    "newest": ({}, "admin_audit_logs_org_id_seq_key"),
    "next page": ({"before_seq": 9}, "admin_audit_logs_org_id_seq_key"),
    "action": ({"actions": frozenset({"login"})}, "admin_audit_logs_by_action"),
    "actor": ({"actor": "a@acme.example"}, "admin_audit_logs_by_actor"),
    "resource": ({"resource_type": "team", "resource_id": uuid4()}, "admin_audit_logs_by_resource"),
    "request": ({"request_id": "request-1"}, "admin_audit_logs_by_request"),
    "break-glass": ({"break_glass_session_id": BreakGlassId(uuid4())}, "admin_audit_logs_by_break_glass"),
}


@pytest.mark.parametrize("walk", WALKS)
async def test_a_page_is_walked_by_its_index(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, walk: str
) -> None:
    wanted, index = WALKS[walk]
    async with postgres_uow.begin(an_org) as unit:
        plan = await plan_of(unit.connection, matching(AuditFilter(**wanted)).limit(51), {})
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
    assert "Sort" not in plan, plan
