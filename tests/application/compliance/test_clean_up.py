"""A run of retention: bounded in time, alone in its organisation, taken up again by the next."""

from uuid import UUID

import pytest

from adapters.memory.job_locks import MemoryJobLocks
from application.compliance.clean_up import JOB, CleanUp, CleanUpHandler, CleanUpNowHandler
from application.ports.unit_of_work import UnitOfWork
from domain.compliance.retention import RetentionClass, RetentionRules
from domain.identity.actor import Actor, ActorKind, Role
from domain.shared.errors import Forbidden
from domain.shared.ids import OrgId, UserId
from tests.contracts.test_dead_letters import fail
from tests.support.clock import FixedClock

RULES = RetentionRules(dict.fromkeys(RetentionClass, 30), chunk=2)
DEAD = RetentionClass.OUTBOX_DEAD


def a_run(uow: UnitOfWork, clock: FixedClock) -> CleanUpHandler:
    return CleanUpHandler(uow, clock, RULES)


def the_job(org_id: OrgId) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.JOB, name=f"job:{JOB}")


async def test_a_run_takes_chunk_after_chunk(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    await fail(uow, clock, an_org, *(f"k{number}" for number in range(5)))
    clock.advance(days=30)
    report = await a_run(uow, clock).handle(the_job(an_org), CleanUp(classes=[DEAD]))
    (dead,) = report.classes
    assert (dead.due, dead.done, dead.remaining, report.is_done) == (5, 5, 0, True)


async def test_what_there_is_no_time_for_remains_for_the_next(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await fail(uow, clock, an_org, "a", "b", "c")
    clock.advance(days=30)
    run = a_run(uow, clock)
    cut = await run.handle(the_job(an_org), CleanUp(budget_seconds=0))
    assert (sum(each.done for each in cut.classes), cut.is_done) == (0, False)
    rest = await run.handle(the_job(an_org), CleanUp())
    assert (sum(each.done for each in rest.classes), rest.is_done) == (3, True)


async def test_while_the_job_is_at_it_nothing_is_done(
    memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await fail(memory_uow, clock, an_org, "a")
    clock.advance(days=30)
    locks = MemoryJobLocks()
    at_once = CleanUpNowHandler(memory_uow, locks, a_run(memory_uow, clock))
    async with locks.hold(JOB, an_org):
        report = await at_once.handle(the_job(an_org), CleanUp())
    assert (report.is_running_elsewhere, report.classes) == (True, ())
    done = await at_once.handle(the_job(an_org), CleanUp())
    assert sum(each.done for each in done.classes) == 1


async def test_it_needs_an_admin(memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    actor = Actor(org_id=an_org, kind=ActorKind.BEARER, role=Role.DISPATCHER, user_id=UserId(UUID(int=1)))
    with pytest.raises(Forbidden):
        await a_run(memory_uow, clock).handle(actor, CleanUp())
