"""Blackouts and booking settings, on both adapters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.system.identifiers import SystemIdentifiers
from application.ports.blackouts import BlackoutFilter
from application.ports.unit_of_work import UnitOfWork
from domain.scheduling.blackout import Blackout
from domain.scheduling.hours import Week
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, OrgId, TeamId, UserId, WorkerId
from tests.support.scheduling import a_blackout, a_team, a_worker, settings, week

IDS = SystemIdentifiers()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def new_blackout(start: datetime, minutes: int = 60, **fields: object) -> Blackout:
    return replace(a_blackout(start, minutes), id=BlackoutId(IDS.new()), **fields)  # type: ignore[arg-type]  # its fields


async def test_a_blackout_comes_back_whole_and_can_be_deleted_once(uow: UnitOfWork, an_org: OrgId) -> None:
    team, worker = a_team(id=TeamId(IDS.new())), a_worker(id=WorkerId(IDS.new()))
    blackouts = [
        new_blackout(NOON, reason="Feier", created_by=UserId(IDS.new())),
        new_blackout(NOON, team_id=team.id),
        new_blackout(NOON, worker_id=worker.id),
    ]
    async with uow.begin(an_org) as unit:
        await unit.teams.save(team)
        await unit.workers.save(replace(worker, team_id=team.id))
        for blackout in blackouts:
            await unit.blackouts.add(blackout)
    async with uow.begin(an_org) as unit:
        assert [await unit.blackouts.get(blackout.id) for blackout in blackouts] == blackouts
        await unit.blackouts.delete(blackouts[0].id)
        for gone in (unit.blackouts.get, unit.blackouts.delete):
            with pytest.raises(NotFound):
                await gone(blackouts[0].id)


async def test_those_that_touch_the_period_are_listed_by_start_in_pages(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    before, ends_there = new_blackout(NOON - 2 * HOUR), new_blackout(NOON - HOUR)
    year = new_blackout(NOON - timedelta(days=366) + HOUR, 366 * 1440)
    inside = [new_blackout(NOON + n * HOUR / 4) for n in (0, 0, 1, 3)]
    starts_there = new_blackout(NOON + HOUR)
    async with uow.begin(an_org) as unit:
        for blackout in (starts_there, *inside, before, ends_there, year):
            await unit.blackouts.add(blackout)
    expected = [year, *sorted(inside, key=lambda b: (b.starts_at, b.id))]
    chosen = BlackoutFilter(starts_at=NOON, ends_at=NOON + HOUR)
    async with uow.begin(an_org) as unit:
        first = await unit.blackouts.list_touching(chosen, after=None, limit=2)
        last = first[-1]
        rest = await unit.blackouts.list_touching(chosen, after=(last.starts_at, last.id), limit=50)
    assert first + rest == expected


async def test_they_are_narrowed_by_team_or_worker(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    team = a_team(id=TeamId(IDS.new()))
    worker = a_worker(id=WorkerId(IDS.new()), team_id=team.id)
    of_team = new_blackout(NOON, team_id=team.id)
    of_worker, of_org = new_blackout(NOON, worker_id=worker.id), new_blackout(NOON)
    async with uow.begin(an_org) as unit:
        await unit.teams.save(team)
        await unit.workers.save(worker)
        for blackout in (of_team, of_worker, of_org):
            await unit.blackouts.add(blackout)
    chosen = BlackoutFilter(starts_at=NOON, ends_at=NOON + HOUR)
    async with uow.begin(an_org) as unit:
        for narrowed, found in (
            (replace(chosen, team_id=team.id), [of_team]),
            (replace(chosen, worker_id=worker.id), [of_worker]),
        ):
            assert await unit.blackouts.list_touching(narrowed, after=None, limit=9) == found
    async with uow.begin(rival) as unit:
        assert await unit.blackouts.list_touching(chosen, after=None, limit=9) == []
        with pytest.raises(NotFound):
            await unit.blackouts.get(of_org.id)


async def test_booking_settings_come_back_whole(uow: UnitOfWork, an_org: OrgId) -> None:
    chosen = settings(
        slot_step_minutes=15,
        min_notice_minutes=0,
        horizon_days=365,
        default_hours=week((0, 0, 1440), (3, 60, 120)),
        online_booking=False,
        auto_confirm=True,
        pending_ttl_minutes=1440,
        deposit_bps=0,
        deposit_min_cents=0,
        deposit_max_cents=1,
        high_value_cents=99,
        flagged_postal_prefixes=("10", "SW1A"),
        office_email="office@example.com",
        version=4,
    )
    async with uow.begin(an_org) as unit:
        with pytest.raises(NotFound):
            await unit.booking_settings.get()
        await unit.booking_settings.save(settings())
    async with uow.begin(an_org) as unit:
        await unit.booking_settings.save(chosen)
    async with uow.begin(an_org) as unit:
        assert await unit.booking_settings.get() == chosen
        assert (await unit.booking_settings.lock()).default_hours != Week()
