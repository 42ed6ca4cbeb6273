from datetime import timedelta
from uuid import uuid4

from application.ports.unit_of_work import UnitOfWork
from domain.delivery.heartbeat import Heartbeat
from tests.support.clock import FixedClock


async def test_a_job_that_never_ran_has_an_empty_pulse(uow: UnitOfWork) -> None:
    name = f"job-{uuid4().hex}"
    async with uow.begin_global() as unit:
        assert await unit.heartbeats.lock(name) == Heartbeat(name=name)


async def test_a_pulse_comes_back_whole(uow: UnitOfWork, clock: FixedClock) -> None:
    name, now = f"job-{uuid4().hex}", clock.now()
    failed = (
        Heartbeat(name=name)
        .start("a", now)
        .start("b", now)
        .fail("b", now, "timeout", duration_ms=70, next_run_at=now + timedelta(seconds=5))
    )
    async with uow.begin_global() as unit:
        await unit.heartbeats.lock(name)
        await unit.heartbeats.save(failed)
    async with uow.begin_global() as unit:
        assert await unit.heartbeats.lock(name) == failed
        assert failed in await unit.heartbeats.list_all()
