"""What is asked about clocks and jobs follows an index of the organisation, as PostgreSQL plans it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select

from adapters.postgres import jobs, time_entries
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.shared.ids import OrgId
from tests.support.clock import START
from tests.support.plans import plan_of

SOMEBODY = UUID(int=5)
DAY = {"before": START, "since": START, "long_before": START}


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (jobs.LIST, {"worker_id": SOMEBODY, "team_id": SOMEBODY, "most": 10, **DAY}, "bookings_by_start"),
        (time_entries.NEAR, {"worker_id": SOMEBODY, "begins": START, "ends": START}, "time_entries_"),
        (time_entries.listing(()), {"page": 10}, "time_entries_by_start"),
        (
            time_entries.listing(("worker_id",)),
            {"worker_id": SOMEBODY, "page": 10},
            "time_entries_by_worker",
        ),
        (
            time_entries.listing(("started_from", "started_before", "after_start")),
            {
                "started_from": START,
                "started_before": START,
                "after_start": START,
                "after_id": SOMEBODY,
                "page": 10,
            },
            "time_entries_by_start",
        ),
    ],
)
async def test_a_question_follows_its_index(
    postgres_uow: PostgresUnitOfWork,
    an_org: OrgId,
    statement: Select[Any],
    values: dict[str, Any],
    index: str,
) -> None:
    async with postgres_uow.begin(an_org) as unit:
        plan = await plan_of(unit.connection, statement, values)
    assert f"using {index}" in plan, plan
    assert "Sort" not in plan or index not in {"time_entries_by_start", "time_entries_by_worker"}, plan
