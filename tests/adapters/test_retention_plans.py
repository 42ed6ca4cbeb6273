"""A run of retention costs what is due: what an earlier one emptied is looked at by none."""

from datetime import UTC, datetime

import pytest

from adapters.postgres.retention import CLASSES
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.compliance.retention import RetentionClass
from domain.shared.ids import OrgId
from tests.support.plans import plan_of

WALKS = {
    RetentionClass.OUTBOX: "outbox_events_kept",
    RetentionClass.OUTBOX_DEAD: "outbox_events_kept",
    RetentionClass.EMAIL_LOG: "email_events_kept",
}
BOUNDS = {"cutoff": datetime(2026, 1, 1, tzinfo=UTC), "most": 500}


@pytest.mark.parametrize("kept", WALKS)
async def test_what_is_due_is_walked_by_its_index(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, kept: RetentionClass
) -> None:
    async with postgres_uow.begin(an_org) as unit:
        plans = [
            await plan_of(unit.connection, statement, BOUNDS)
            for statement in (CLASSES[kept].count, CLASSES[kept].clear)
        ]
    for plan in plans:
        assert WALKS[kept] in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "Sort" not in plan, plan
        assert "org_id =" in plan, plan
