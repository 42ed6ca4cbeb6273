from datetime import timedelta

import pytest

from application.delivery.job_table import JOBS, RUNNER, find_job
from application.delivery.read_job_status import HeartbeatRule, JobStatusView, ReadJobStatusHandler
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.heartbeat import Heartbeat, JobState
from domain.identity.actor import Actor, ActorKind, Role
from domain.shared.errors import Forbidden
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock


def an_actor(org_id: OrgId, role: Role = Role.VIEWER) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.BEARER, role=role)


@pytest.fixture
def handler(memory_uow: UnitOfWork, clock: FixedClock) -> ReadJobStatusHandler:
    return ReadJobStatusHandler(memory_uow, clock, HeartbeatRule(ttl_seconds=300))


async def keep(uow: UnitOfWork, *pulses: Heartbeat) -> None:
    async with uow.begin_global() as unit:
        for pulse in pulses:
            await unit.heartbeats.save(pulse)


def states_of(view: JobStatusView) -> dict[str, JobState]:
    return {job.spec.name: job.state for job in view.jobs}


def ran(name: str, clock: FixedClock, error: str | None = None) -> Heartbeat:
    started = Heartbeat(name=name).start("here", clock.now())
    if error is None:
        return started.succeed("here", clock.now(), duration_ms=1, next_run_at=None)
    return started.fail("here", clock.now(), error, duration_ms=1, next_run_at=None)


async def test_jobs_that_never_ran_are_listed_too(handler: ReadJobStatusHandler, an_org: OrgId) -> None:
    view = await handler.handle(an_actor(an_org))
    assert view.status == "never_run"
    assert [job.spec.name for job in view.jobs] == sorted([*JOBS, RUNNER])
    assert set(states_of(view).values()) == {JobState.NEVER_RUN}


async def test_a_runner_that_beats_is_enough_for_ok(
    handler: ReadJobStatusHandler, memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await keep(memory_uow, ran(RUNNER, clock), ran("outbox-delivery", clock))
    view = await handler.handle(an_actor(an_org))
    assert view.status == "ok"
    assert states_of(view)[RUNNER] is JobState.RUNNING
    assert states_of(view)["outbox-delivery"] is JobState.IDLE
    assert {job.spec.name: job.runners for job in view.jobs}[RUNNER] == 1


async def test_the_worst_decides(
    handler: ReadJobStatusHandler, memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await keep(memory_uow, ran(RUNNER, clock), ran("housekeeping", clock))
    clock.advance(seconds=300)
    assert (await handler.handle(an_actor(an_org))).status == "ok"
    clock.advance(seconds=1)
    assert (await handler.handle(an_actor(an_org))).status == "late"
    await keep(memory_uow, ran("outbox-delivery", clock, "timeout"))
    assert (await handler.handle(an_actor(an_org))).status == "failing"


async def test_a_longer_tick_makes_nobody_late(
    handler: ReadJobStatusHandler, memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    """`sweepline jobs run --interval 600`: what runs at each tick is late after three of those."""
    next_run = clock.now() + timedelta(seconds=600)
    pulse = Heartbeat(name="booking-reminders").start("here", clock.now())
    await keep(memory_uow, pulse.succeed("here", clock.now(), duration_ms=1, next_run_at=next_run))
    clock.advance(seconds=3 * 600 + 50)
    view = await handler.handle(an_actor(an_org))
    assert states_of(view)["booking-reminders"] is JobState.IDLE
    assert {job.spec.name: job.interval_seconds for job in view.jobs}["booking-reminders"] == 600
    clock.advance(seconds=1)
    assert states_of(await handler.handle(an_actor(an_org)))["booking-reminders"] is JobState.LATE


async def test_workers_do_not_see_it(handler: ReadJobStatusHandler, an_org: OrgId) -> None:
    with pytest.raises(Forbidden):
        await handler.handle(an_actor(an_org, Role.WORKER))


def test_a_job_is_found_in_both_spellings() -> None:
    assert find_job("outbox_delivery") is find_job("outbox-delivery") is JOBS["outbox-delivery"]
    assert find_job("no-such-job") is None
