"""What bookings ask of PostgreSQL follows an index of the organisation, however long its history."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select

from adapters.postgres import booking_lists
from adapters.postgres import booking_statements as sql
from adapters.postgres.hot_read import HotRead
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.postgres.waiting_visits import READ_QUEUE
from adapters.system.identifiers import SystemIdentifiers
from application.ports.bookings import BookingFilter
from application.scheduling.founding import found_scheduling
from domain.shared.ids import OrgId
from tests.adapters.test_calendar_plans import YEARS_OF_BOOKINGS
from tests.support.clock import START
from tests.support.database import TestDatabase
from tests.support.orgs import MakeOrg

SOMEBODY = UUID(int=5)
LEADS_AND_HOLDS = """
    set session_replication_role = replica;
    update bookings set lead_id = gen_random_uuid() where org_id = '{org}';
    update bookings set status = 'PENDING', expires_at = starts_at
        where org_id = '{org}' and extract(day from starts_at) = 1;
    analyze bookings;
"""
TODAY = BookingFilter(touching_from=START, touching_before=START + timedelta(days=1))
LIST, ASKED = booking_lists.question(TODAY, None, 50)
A_TIME = {
    "team_id": SOMEBODY,
    "worker_ids": [SOMEBODY],
    "starts_at": START,
    "held_until": START + timedelta(hours=2),
    "long_before": START - sql.LONGEST,
    "now": START,
}
A_WEEK = {
    "now": START,
    "urgent_before": START + timedelta(days=1),
    "before": START + timedelta(days=7),
    "long_before": START - sql.LONGEST,
    "limit": 50,
    "offset": 0,
}
A_CLIENT = {"lead_id": SOMEBODY, "email_norm": "jane@example.com", "phone_norm": "5550100134"}


@pytest.fixture
async def old_org(postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, make_org: MakeOrg) -> OrgId:
    """Two years, four bookings a day, some of them never paid for."""
    org_id = await make_org()
    async with postgres_uow.begin(org_id) as unit:
        await found_scheduling(unit, START, SystemIdentifiers())
        team = await unit.teams.default()
    postgres.execute(YEARS_OF_BOOKINGS.format(org=org_id, team=team.id))
    postgres.execute(LEADS_AND_HOLDS.format(org=org_id))
    return org_id


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (LIST, ASKED, "bookings_by_"),
        (READ_QUEUE, A_WEEK, "bookings_by_start"),
        (sql.GET, {"id": SOMEBODY}, "bookings_pkey"),
        (sql.LOCK_OVERDUE, A_TIME, "bookings_"),
        (sql.CLAIM_OVERDUE, {"now": START, "limit": 200}, "bookings_waiting_for_payment"),
        (sql.LIVE_OF_LEAD, {"lead_id": SOMEBODY}, "bookings_by_lead"),
        (sql.STANDING, {"lead_id": SOMEBODY}, "bookings_by_lead"),
        (sql.HISTORY, A_CLIENT, "bookings_by_lead"),
        (sql.COUNT_LIVE_PUBLIC, {**A_CLIENT, "now": START}, "bookings_by_lead"),
    ],
)
async def test_a_question_about_bookings_follows_its_index(
    postgres_uow: PostgresUnitOfWork,
    old_org: OrgId,
    statement: Select[Any] | HotRead,
    values: dict[str, Any],
    index: str,
) -> None:
    read = statement if isinstance(statement, HotRead) else HotRead.of(statement)
    given = tuple(values[name] for name in read.names)
    async with postgres_uow.begin(old_org) as unit:
        await unit.connection.exec_driver_sql("set local plan_cache_mode = force_generic_plan")
        explained = await unit.connection.exec_driver_sql(f"explain {read.sql}", given)
        plan = "\n".join(str(line) for (line,) in explained)
    assert f"using {index}" in plan or f"on {index}" in plan, plan
    assert "Seq Scan on bookings" not in plan
