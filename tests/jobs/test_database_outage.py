"""PostgreSQL goes away in the middle of a pass: the runner lives, pulses come back, no message is lost."""

import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from os import kill
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from adapters.postgres.embedded import EmbeddedPostgres, ServerOptions
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.migrate import migrate
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.deliver_due import DeliverDue
from application.delivery.job_table import RUNNER, JobSpec
from application.ports.carrier import Receipt
from domain.delivery.heartbeat import Heartbeat
from domain.delivery.outbox_event import OutboxEvent
from entrypoints.jobs.job import Job, JobResult, StopSignal
from entrypoints.jobs.loop import JobLoop
from entrypoints.jobs.pulses import Pulses
from tests.support.database import test_options as options_for_tests
from tests.support.delivery import World, a_runner, enqueue
from tests.support.eventually import eventually
from tests.support.orgs import found_org

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
MESSAGES, RECOVERY_SECONDS = 200, 60
SPEC = JobSpec(name="outbox-delivery", every_seconds=1, timeout_seconds=55, result_keys=("sent",))


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """Nobody else's: it is taken away from under its users."""
    home = Path(tempfile.mkdtemp(prefix="sweepline-home-"))
    home.chmod(0o755)
    made = EmbeddedPostgres(home, ServerOptions(options_for_tests().binaries))
    made.start()
    yield made
    made.release()
    shutil.rmtree(home)


@pytest.fixture
async def work(
    server: EmbeddedPostgres, postgres_uow: PostgresUnitOfWork
) -> AsyncIterator[PostgresUnitOfWork]:
    await migrate(server.owner_url)
    engine = make_engine(DatabaseOptions(server.app_url, pool_size=4))
    yield PostgresUnitOfWork(engine, SystemClock(), SystemIdentifiers(), postgres_uow.cipher)
    await engine.dispose()


async def slowly(event: OutboxEvent) -> Receipt:
    await anyio.sleep(0.1)
    return Receipt()


def crash(server: EmbeddedPostgres) -> None:
    kill(int((server.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)


async def pulse_of(uow: PostgresUnitOfWork, name: str) -> Heartbeat:
    async with uow.begin_global() as unit:
        return await unit.heartbeats.lock(name)


async def test_the_runner_outlives_its_database(server: EmbeddedPostgres, work: PostgresUnitOfWork) -> None:
    world = World(otherwise=slowly)
    runner = a_runner(work, SystemClock(), world, lease_seconds=10, base=1)

    async def deliver(stop: StopSignal) -> JobResult:
        tally = await runner.handle(DeliverDue(is_stopping=stop.is_set))
        return JobResult(counts={"sent": tally.sent})

    org_id = await found_org(work, work.clock.now())
    wanted = await enqueue(work, org_id, *(f"k{n}" for n in range(MESSAGES)))
    loop, stop = JobLoop(jobs=[Job(SPEC, deliver)], pulses=Pulses(work, work.clock, "here")), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(loop.run, stop)
        await eventually(lambda: len(world.arrived) > MESSAGES // 4, RECOVERY_SECONDS)
        await anyio.to_thread.run_sync(crash, server)
        await anyio.sleep(2)
        await anyio.to_thread.run_sync(server.restart)
        back_at = work.clock.now()
        await eventually(lambda: len(set(world.arrived)) == MESSAGES, RECOVERY_SECONDS)
        await anyio.sleep(11)  # leases whose end could not be written down run out, and one pulse passes
        stop.set()
    assert set(world.arrived) == set(wanted)
    assert len(world.arrived) - MESSAGES <= runner.slots.total
    async with work.begin(org_id) as unit:
        states = {event.status.value for event in (await unit.outbox_queue.lock(wanted)).values()}
    assert states == {"sent"}
    for name in (RUNNER, SPEC.name):
        beat = (await pulse_of(work, name)).last_heartbeat
        assert beat is not None
        assert beat > back_at
