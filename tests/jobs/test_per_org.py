from collections.abc import Mapping, Sequence
from uuid import UUID

import anyio
import pytest

from adapters.memory.job_locks import MemoryJobLocks
from adapters.system.identifiers import SystemIdentifiers
from domain.identity.actor import Actor, ActorKind
from domain.shared.errors import Contended, Unavailable
from domain.shared.ids import OrgId
from entrypoints.jobs.job import JobResult
from entrypoints.jobs.per_org import PerOrg

A, B, C = (OrgId(UUID(int=n)) for n in (1, 2, 3))


class Visits:
    """The work: remembers whom it visited, raises for whom it was told to."""

    def __init__(self, **raising: Exception) -> None:
        self.actors: list[Actor] = []
        self.raising = raising

    async def __call__(self, actor: Actor) -> Mapping[str, int]:
        self.actors.append(actor)
        if (error := self.raising.get("ABC"[actor.org_id.int - 1])) is not None:
            raise error
        return {"done": 2}

    @property
    def orgs(self) -> list[OrgId]:
        return [actor.org_id for actor in self.actors]


def a_job(visits: Visits, locks: MemoryJobLocks | None = None) -> PerOrg:
    async def everyone() -> Sequence[OrgId]:
        return [A, B, C]

    return PerOrg("job", everyone, visits, locks or MemoryJobLocks(), SystemIdentifiers())


async def test_each_is_visited_as_the_job() -> None:
    visits = Visits()
    assert await a_job(visits)(anyio.Event()) == JobResult(counts={"done": 6}, orgs=3)
    actor = visits.actors[0]
    assert (actor.kind, actor.name, actor.org_id) == (ActorKind.JOB, "job:job", A)
    assert 8 <= len(actor.request_id) <= 64
    assert len({actor.request_id for actor in visits.actors}) == 3


@pytest.mark.parametrize("error", [ZeroDivisionError(), Contended("busy")])
async def test_one_that_fails_is_passed_over(error: Exception) -> None:
    visits = Visits(B=error)
    result = await a_job(visits)(anyio.Event())
    assert visits.orgs == [A, B, C]
    assert (result.orgs, result.orgs_failed, result.counts) == (3, 1, {"done": 4})


async def test_without_a_database_it_ends() -> None:
    with pytest.raises(Unavailable):
        await a_job(Visits(A=Unavailable("gone")))(anyio.Event())


async def test_one_that_another_runner_holds_is_left_to_it() -> None:
    visits, locks = Visits(), MemoryJobLocks()
    async with locks.hold("job", B):
        await a_job(visits, locks)(anyio.Event())
    assert visits.orgs == [A, C]


async def test_the_next_run_begins_behind_the_last() -> None:
    visits = Visits(B=Unavailable("gone"))
    job = a_job(visits)
    with pytest.raises(Unavailable):
        await job(anyio.Event())
    visits.raising.clear()
    await job(anyio.Event())
    assert visits.orgs == [A, B, C, A, B]


async def test_a_stop_ends_it_between_two() -> None:
    visits, stop = Visits(), anyio.Event()
    stop.set()
    assert (await a_job(visits)(stop)).orgs == 0
