"""Organisations with years of bookings: 40 teams, 200 workers with their skills, 100,000 visits with crews.

Written by SQL, past the foreign keys, which look at every row. The exclusion constraints may stay, or be
lifted before (`WITHOUT_RULES`, a tenth of the time): the visits are made so that none overlap.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import md5
from uuid import UUID

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.founding import found_scheduling
from domain.shared.ids import OrgId, WorkerId
from tests.support.orgs import found_org

type Execute = Callable[[str], object]  # as the superuser

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
TEAMS, WORKERS, BOOKINGS = 40, 200, 100_000
VISITS_A_DAY = 4  # of a team: from 14:00 UTC, two hours each and one between them
DAYS_AHEAD = 30

WITHOUT_RULES = """
    alter table bookings drop constraint bookings_team_time_excl;
    alter table booking_crew drop constraint booking_crew_worker_time_excl;
"""
STAFF = f"""
    set session_replication_role = replica;
    insert into teams (org_id, team_id, name, name_key, is_active, is_default, own_hours, version,
        created_at, updated_at)
    select '{{org}}', md5('{{org}} team ' || n)::uuid, 'Team no ' || n, 'team no ' || n, true, false,
        n % 2 = 0, 1, '{{now}}', '{{now}}' from generate_series(1, {TEAMS}) n;
    insert into working_hours (org_id, team_id, day_of_week, start_minute, end_minute)
    select '{{org}}', md5('{{org}} team ' || n)::uuid, day, 480, 1140
    from generate_series(2, {TEAMS}, 2) n, generate_series(0, 6) day;
    insert into workers (org_id, worker_id, name, name_key, team_id, role, role_key, search_key, is_active,
        version, created_at, updated_at)
    select '{{org}}', md5('{{org}} worker ' || n)::uuid, 'Worker ' || n, 'worker ' || n,
        md5('{{org}} team ' || 1 + n % {TEAMS})::uuid, 'cleaner', 'cleaner', 'worker ' || n, true, 1,
        '{{now}}', '{{now}}' from generate_series(0, {WORKERS - 1}) n;
    insert into worker_skills (org_id, worker_id, position, tag, tag_key)
    select '{{org}}', md5('{{org}} worker ' || n)::uuid, s, 'skill ' || s, 'skill ' || s
    from generate_series(0, {WORKERS - 1}) n, generate_series(1, 3) s;
"""
VISITS = f"""
    set session_replication_role = replica;
    create temporary table visits as
    select md5('{{org}} booking ' || n)::uuid as booking_id, 1 + n % {TEAMS} as team,
        timestamptz '{{last_day}} 14:00+00'
            - (n / {TEAMS * VISITS_A_DAY}) * interval '1 day'
            + (n / {TEAMS} % {VISITS_A_DAY}) * interval '3 hours' as starts_at
    from generate_series(0, {{bookings}} - 1) n;
    insert into bookings (org_id, booking_id, version, status, source, team_id, crew_needed,
        starts_at, ends_at, buffer_minutes, held_until, time_warnings, cancellation_exception, add_ons,
        planned_minutes, cleaner_seconds, work_state, consent_photos, currency, deposit_required,
        deposit_status,
        deposit_policy, risk_score, risk_band, risk_reasons, policy_snapshot, address, created_at, updated_at)
    select '{{org}}', booking_id, 1, case when starts_at < '{{now}}' then 'DONE' else 'CONFIRMED' end,
        'office', md5('{{org}} team ' || team)::uuid, 2, starts_at, starts_at + interval '2 hours', 30,
        starts_at + interval '150 minutes', '{{{{}}}}', false, '[]', 120, 0, 'not_started', false, 'USD',
        false, 'none', '{{{{}}}}', 0, 'LOW', '{{{{}}}}', '{{{{}}}}', '12 Analytical Row', starts_at, starts_at
    from visits order by starts_at;
    insert into booking_crew (org_id, booking_id, worker_id, starts_at, held_until, live)
    select '{{org}}', booking_id,
        md5('{{org}} worker ' || (team + {TEAMS - 1} + half * {TEAMS}) % {WORKERS})::uuid,
        starts_at, starts_at + interval '150 minutes', true
    from visits, generate_series(0, 1) half order by starts_at;
    drop table visits;
"""
FRESH = "analyze bookings, booking_crew, blackouts, teams, workers, working_hours, worker_skills, leads"


async def found_crowded(execute: Execute, uow: UnitOfWork, bookings: int = BOOKINGS) -> OrgId:
    org_id = OrgId(SystemIdentifiers().new())
    await found_org(uow, NOW, org_id=org_id, timezone="America/New_York")
    async with uow.begin(org_id) as unit:
        await found_scheduling(unit, NOW, SystemIdentifiers())
    crowd(execute, org_id, NOW, bookings)
    return org_id


def worker_of(org_id: OrgId, number: int) -> WorkerId:
    return WorkerId(UUID(md5(f"{org_id} worker {number}".encode(), usedforsecurity=False).hexdigest()))


def crowd(execute: Execute, org_id: UUID, now: datetime, bookings: int = BOOKINGS) -> None:
    """The visits of the last of them lie `DAYS_AHEAD` after `now`, the first as long ago as it takes."""
    last_day = now.date() + timedelta(days=DAYS_AHEAD)
    execute(STAFF.format(org=org_id, now=now))
    execute(VISITS.format(org=org_id, now=now, last_day=last_day, bookings=bookings))
    execute(FRESH)
