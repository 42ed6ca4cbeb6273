"""Teams and their hours, on both adapters."""

from dataclasses import replace

import pytest

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.founding import FIRST_TEAM, found_scheduling
from domain.scheduling.hours import Week
from domain.scheduling.team import Team, TeamInUse, TeamNameTaken
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, OrgId, TeamId, WorkerId
from tests.support.clock import FixedClock
from tests.support.scheduling import a_blackout, a_team, a_worker, week

IDS = SystemIdentifiers()


def new_team(name: str, **fields: object) -> Team:
    return replace(a_team(id=TeamId(IDS.new()), name=name), **fields)  # type: ignore[arg-type]  # its fields


async def save(uow: UnitOfWork, org_id: OrgId, *teams: Team) -> None:
    async with uow.begin(org_id) as unit:
        for team in teams:
            await unit.teams.save(team)


@pytest.mark.parametrize("hours", [None, Week(), week((0, 540, 720), (0, 780, 1440), (6, 0, 60))])
async def test_a_team_comes_back_whole_with_its_hours(
    uow: UnitOfWork, an_org: OrgId, hours: Week | None
) -> None:
    team = new_team("North", color="#aabbcc", is_active=False, hours=hours, version=3)
    await save(uow, an_org, new_team("Other", hours=Week.daily(0, 60)), team)
    async with uow.begin(an_org) as unit:
        assert await unit.teams.get(team.id) == team
        assert await unit.teams.lock(team.id) == team
    await save(uow, an_org, replace(team, hours=Week.daily(60, 120), name="Nord"))
    async with uow.begin(an_org) as unit:
        assert await unit.teams.get(team.id) == replace(team, hours=Week.daily(60, 120), name="Nord")


async def test_founding_makes_the_default_team_and_settings(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    async with uow.begin(an_org) as unit:
        await found_scheduling(unit, clock.now(), IDS)
    async with uow.begin(an_org) as unit:
        assert (await unit.teams.default()).name == FIRST_TEAM
        assert await unit.teams.lock_default() == await unit.teams.default()
        assert (await unit.booking_settings.lock()).horizon_days == 60


async def test_a_name_is_unique_in_the_org_whatever_its_case(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    north, south = new_team("Straße"), new_team("South")
    await save(uow, an_org, north, south)
    async with uow.begin(an_org) as unit:
        with pytest.raises(TeamNameTaken):
            await unit.teams.save(new_team("STRASSE"))
        with pytest.raises(TeamNameTaken):
            await unit.teams.save(replace(south, name="strasse"))
        await unit.teams.save(replace(north, name="STRASSE"))
    await save(uow, rival, new_team("STRASSE"))


async def test_teams_are_listed_by_folded_name_in_pages(uow: UnitOfWork, an_org: OrgId) -> None:
    names = ["Zebra", "apple", "Émile", "Mango", "mango 2", "Ärzte", "Z"]
    teams = [new_team(name, is_active=name != "Z") for name in names]
    await save(uow, an_org, *teams)
    in_order = sorted(teams, key=lambda team: (team.name_key, team.id))
    async with uow.begin(an_org) as unit:
        first = await unit.teams.list_by_name(active=None, after=None, limit=3)
        last = first[-1]
        rest = await unit.teams.list_by_name(active=None, after=(last.name_key, last.id), limit=50)
        active = await unit.teams.list_by_name(active=True, after=None, limit=50)
        inactive = await unit.teams.list_by_name(active=False, after=None, limit=50)
    assert first + rest == in_order
    assert active == [team for team in in_order if team.is_active]
    assert [team.name for team in inactive] == ["Z"]


async def test_many_are_locked_each_once_and_an_unknown_one_is_missed(uow: UnitOfWork, an_org: OrgId) -> None:
    teams = sorted((new_team(f"T{n}") for n in range(3)), key=lambda team: team.id)
    await save(uow, an_org, *teams)
    async with uow.begin(an_org) as unit:
        asked = [teams[2].id, teams[0].id, teams[2].id]
        assert await unit.teams.lock_many(asked) == [teams[0], teams[2]]
        assert await unit.teams.lock_many([]) == []
        with pytest.raises(NotFound) as missed:
            await unit.teams.lock_many([teams[0].id, TeamId(IDS.new())])
    assert [fault.field for fault in missed.value.errors] == ["team_id"]


async def test_only_active_workers_count(uow: UnitOfWork, an_org: OrgId) -> None:
    north, south = new_team("North"), new_team("South")
    await save(uow, an_org, north, south)
    async with uow.begin(an_org) as unit:
        for active in (True, True, False):
            worker = a_worker(id=WorkerId(IDS.new()), team_id=north.id, is_active=active)
            await unit.workers.save(worker)
        assert await unit.teams.worker_counts([north.id, south.id]) == {north.id: 2}


async def test_a_team_can_be_deleted_until_something_names_it(uow: UnitOfWork, an_org: OrgId) -> None:
    unused = new_team("Unused", hours=Week.daily(0, 60))
    staffed, closed = new_team("Staffed"), new_team("Closed")
    await save(uow, an_org, unused, staffed, closed)
    async with uow.begin(an_org) as unit:
        await unit.workers.save(a_worker(id=WorkerId(IDS.new()), team_id=staffed.id))
        blackout = a_blackout(staffed.created_at, 60)
        await unit.blackouts.add(replace(blackout, id=BlackoutId(IDS.new()), team_id=closed.id))
    async with uow.begin(an_org) as unit:
        for team in (staffed, closed):
            with pytest.raises(TeamInUse):
                await unit.teams.delete(team.id)
        await unit.teams.delete(unused.id)
        with pytest.raises(NotFound):
            await unit.teams.get(unused.id)


async def test_a_team_that_was_named_once_is_kept(uow: UnitOfWork, an_org: OrgId) -> None:
    left = new_team("Left")
    await save(uow, an_org, left)
    for _ in range(2):
        async with uow.begin(an_org) as unit:
            await unit.teams.remember({left.id})
    async with uow.begin(an_org) as unit:
        with pytest.raises(TeamInUse):
            await unit.teams.delete(left.id)


async def test_another_org_has_no_such_team(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    team = new_team("North")
    await save(uow, an_org, team)
    async with uow.begin(rival) as unit:
        for read in (unit.teams.get, unit.teams.lock):
            with pytest.raises(NotFound):
                await read(team.id)
        assert await unit.teams.list_by_name(active=None, after=None, limit=9) == []
