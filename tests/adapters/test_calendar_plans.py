"""The calendar's statements reach bookings and blackouts by the time asked for, however many there are."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.postgres.calendar import BOARD, FACTS, LONGEST_HOLD
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.scheduling.founding import found_scheduling
from domain.scheduling.blackout import LONGEST_WINDOW
from domain.shared.ids import OrgId
from tests.support.clock import START
from tests.support.database import TestDatabase
from tests.support.orgs import MakeOrg

YEARS_OF_BOOKINGS = """
    set session_replication_role = replica;
    insert into bookings (org_id, booking_id, version, status, source, team_id, crew_needed,
        starts_at, ends_at, buffer_minutes, held_until, time_warnings, cancellation_exception, add_ons,
        planned_minutes, cleaner_seconds, work_state, consent_photos, currency, deposit_required,
        deposit_status,
        deposit_policy, risk_score, risk_band, risk_reasons, policy_snapshot, created_at, updated_at)
    select '{org}', gen_random_uuid(), 1, 'CONFIRMED', 'office', '{team}', 1, t, t + interval '60 minutes', 0,
        t + interval '60 minutes', '{{}}', false, '[]', 60, 0, 'not_started', false, 'USD', false,
        'none', '{{}}', 0, 'LOW', '{{}}', '{{}}', t, t
    from generate_series(timestamptz '2025-01-01', timestamptz '2026-12-31', interval '6 hours') t;
    insert into blackouts (org_id, blackout_id, starts_at, ends_at, created_at)
    select '{org}', gen_random_uuid(), t, t + interval '1 hour', t
    from generate_series(timestamptz '2024-01-01', timestamptz '2028-12-31', interval '1 day') t;
    analyze bookings; analyze blackouts; analyze booking_crew; analyze teams; analyze workers; analyze leads;
"""


@pytest.fixture
async def busy_org(postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, make_org: MakeOrg) -> OrgId:
    """Two years, four bookings a day; another organisation has as many."""
    orgs = [await make_org() for _ in range(2)]
    for org_id in orgs:
        async with postgres_uow.begin(org_id) as unit:
            await found_scheduling(unit, START, SystemIdentifiers())
            team = await unit.teams.default()
        postgres.execute(YEARS_OF_BOOKINGS.format(org=org_id, team=team.id))
    return orgs[0]


def rows_read(plan: str, table: str) -> int:
    """How many rows its scans of the table went through."""
    assert f"Seq Scan on {table}" not in plan
    scans = re.findall(rf"Index Scan using \S+ on {table} .*?rows=([\d.]+) loops=(\d+)", plan)
    assert scans, plan
    dropped = sum(int(n) for n in re.findall(r"Rows Removed by Filter: (\d+)", plan))
    return int(sum(float(rows) * int(loops) for rows, loops in scans)) + dropped


@pytest.mark.parametrize(("statement", "last"), [(FACTS, (None, None)), (BOARD, (2_001,))])
async def test_a_day_is_read_by_its_time_and_not_by_the_history(
    postgres_uow: PostgresUnitOfWork, busy_org: OrgId, statement: str, last: tuple[object, ...]
) -> None:
    end = START + timedelta(days=1)
    asked: Sequence[object] = (START, end, START - LONGEST_HOLD, START - LONGEST_WINDOW, START, *last)
    async with postgres_uow.begin(busy_org) as unit:
        explained = await unit.connection.exec_driver_sql(f"explain (analyze) {statement}", tuple(asked))
        plan = "\n".join(str(line) for (line,) in explained)
    assert "bookings_by_start" in plan
    assert "blackouts_by_start" in plan
    assert (
        rows_read(plan, "bookings") < 1_000
    )  # of 2,900: a day and the longest hold before it; a year of blackouts
