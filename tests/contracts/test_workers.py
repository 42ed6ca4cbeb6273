"""Workers and their skills, on both adapters."""

from dataclasses import replace
from datetime import date

import pytest

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from application.ports.workers import WorkerFilter
from domain.scheduling.team import Team
from domain.scheduling.worker import Skill, Worker
from domain.shared.errors import NotFound
from domain.shared.ids import OrgId, TeamId, WorkerId
from tests.support.scheduling import a_team, a_worker

IDS = SystemIdentifiers()
TODAY = date(2026, 3, 2)


@pytest.fixture
async def team(uow: UnitOfWork, an_org: OrgId) -> Team:
    team = a_team(id=TeamId(IDS.new()))
    async with uow.begin(an_org) as unit:
        await unit.teams.save(team)
    return team


def new_worker(team: Team, **fields: object) -> Worker:
    return replace(a_worker(id=WorkerId(IDS.new()), team_id=team.id), **fields)  # type: ignore[arg-type]  # its fields


async def save(uow: UnitOfWork, org_id: OrgId, *workers: Worker) -> None:
    async with uow.begin(org_id) as unit:
        for worker in workers:
            await unit.workers.save(worker)


async def names(uow: UnitOfWork, org_id: OrgId, **chosen: object) -> list[str]:
    wanted = replace(WorkerFilter(day=TODAY), **chosen)  # type: ignore[arg-type]  # fields of the filter
    async with uow.begin(org_id) as unit:
        return [w.name for w in await unit.workers.list_by_name(wanted, after=None, limit=50)]


async def test_a_worker_comes_back_whole(uow: UnitOfWork, an_org: OrgId, team: Team) -> None:
    worker = new_worker(
        team,
        phone="+1 555 010 0123",
        email="Ana@Example.com",
        role="Lead, Windows",
        skills=(Skill("Zoning"), Skill("Ärzte", date(2026, 3, 2)), Skill("a")),
        hourly_rate_cents=2_500,
        is_active=False,
        version=7,
    )
    await save(uow, an_org, new_worker(team, skills=(Skill("other"),)), worker)
    async with uow.begin(an_org) as unit:
        assert await unit.workers.get(worker.id) == worker
        assert await unit.workers.lock(worker.id) == worker
    changed = replace(worker, skills=(Skill("a", date(2027, 1, 1)),), role=None, is_active=True)
    await save(uow, an_org, changed)
    async with uow.begin(an_org) as unit:
        assert await unit.workers.get(worker.id) == changed


async def test_workers_are_listed_by_folded_name_in_pages(uow: UnitOfWork, an_org: OrgId, team: Team) -> None:
    workers = [new_worker(team, name=name) for name in ("Zoe", "ana", "Ana", "Émile", "Bob", "bob")]
    await save(uow, an_org, *workers)
    in_order = sorted(workers, key=lambda worker: (worker.name_key, worker.id))
    async with uow.begin(an_org) as unit:
        chosen = WorkerFilter(day=TODAY)
        first = await unit.workers.list_by_name(chosen, after=None, limit=2)
        last = first[-1]
        rest = await unit.workers.list_by_name(chosen, after=(last.name_key, last.id), limit=50)
    assert first + rest == in_order


async def test_every_tag_must_match_the_role_or_a_skill_that_is_still_good(
    uow: UnitOfWork, an_org: OrgId, team: Team
) -> None:
    await save(
        uow,
        an_org,
        new_worker(team, name="A", role="Senior WINDOW cleaner"),
        new_worker(team, name="B", skills=(Skill("Window"), Skill("Carpet", TODAY))),
        new_worker(team, name="C", role="cleaner", skills=(Skill("window", date(2026, 3, 1)),)),
        new_worker(team, name="D", skills=(Skill("windows"),)),
    )
    assert await names(uow, an_org, skill_keys=("window",)) == ["A", "B"]
    assert await names(uow, an_org, skill_keys=("window", "clean")) == ["A"]
    assert await names(uow, an_org, skill_keys=("window", "carpet")) == ["B"]
    assert await names(uow, an_org, skill_keys=("carpet",), day=date(2026, 3, 3)) == []
    assert await names(uow, an_org, skill_keys=("window",), day=date(2026, 3, 1)) == ["A", "B", "C"]
    assert await names(uow, an_org) == ["A", "B", "C", "D"]


async def test_the_list_is_narrowed_by_state_team_and_text(
    uow: UnitOfWork, an_org: OrgId, team: Team
) -> None:
    other = a_team(id=TeamId(IDS.new()), name="Other")
    async with uow.begin(an_org) as unit:
        await unit.teams.save(other)
    await save(
        uow,
        an_org,
        new_worker(team, name="Ana", email="ana@example.com", is_active=False),
        new_worker(team, name="Bob", phone="+1 555 7788"),
        new_worker(other, name="Cy 100%_"),
    )
    assert await names(uow, an_org, active=True) == ["Bob", "Cy 100%_"]
    assert await names(uow, an_org, active=False) == ["Ana"]
    assert await names(uow, an_org, team_id=other.id) == ["Cy 100%_"]
    assert await names(uow, an_org, q="EXAMPLE") == ["Ana"]
    assert await names(uow, an_org, q="5 77") == ["Bob"]
    assert await names(uow, an_org, q="%_") == ["Cy 100%_"]
    assert await names(uow, an_org, q="zzz") == []
    assert await names(uow, an_org, q="B", active=True, team_id=team.id) == ["Bob"]


async def test_a_worker_of_an_unknown_team_is_not_saved(uow: UnitOfWork, an_org: OrgId, team: Team) -> None:
    async with uow.begin(an_org) as unit:
        with pytest.raises(NotFound) as missed:
            await unit.workers.save(new_worker(replace(team, id=TeamId(IDS.new()))))
    assert [fault.field for fault in missed.value.errors] == ["team_id"]


async def test_many_are_locked_each_once_and_an_unknown_one_is_missed(
    uow: UnitOfWork, an_org: OrgId, team: Team
) -> None:
    workers = sorted((new_worker(team) for _ in range(3)), key=lambda worker: worker.id)
    await save(uow, an_org, *workers)
    async with uow.begin(an_org) as unit:
        asked = [workers[2].id, workers[1].id, workers[2].id]
        assert await unit.workers.lock_many(asked) == [workers[1], workers[2]]
        with pytest.raises(NotFound):
            await unit.workers.lock_many([WorkerId(IDS.new())])


async def test_another_org_has_no_such_worker_and_cannot_name_our_team(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, team: Team
) -> None:
    worker = new_worker(team)
    await save(uow, an_org, worker)
    async with uow.begin(rival) as unit:
        with pytest.raises(NotFound):
            await unit.workers.get(worker.id)
        with pytest.raises(NotFound):
            await unit.workers.save(new_worker(team))
    assert await names(uow, rival) == []
