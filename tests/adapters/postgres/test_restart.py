"""PostgreSQL goes away and comes back while requests are running."""

import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from os import kill
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from adapters.postgres.embedded import EmbeddedPostgres, ServerOptions, watched
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.migrate import migrate
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.shared.errors import Unavailable
from domain.shared.ids import OrgId
from tests.support.database import test_options as options_for_tests
from tests.support.eventually import eventually
from tests.support.orgs import found_org

USERS = 8
RECOVERY_SECONDS = 10


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """Nobody else's: it is taken away from under its users."""
    home = Path(tempfile.mkdtemp(prefix="sweepline-home-"))
    home.chmod(0o755)
    made = EmbeddedPostgres(home, ServerOptions(options_for_tests().binaries))  # commits that outlive a crash
    made.start()
    with watched(made):
        yield made
    made.release()
    shutil.rmtree(home)


@pytest.fixture
async def work(
    server: EmbeddedPostgres, postgres_uow: PostgresUnitOfWork
) -> AsyncIterator[PostgresUnitOfWork]:
    await migrate(server.owner_url)
    engine = make_engine(DatabaseOptions(server.app_url, pool_size=4))
    yield replace(postgres_uow, engine=engine)
    await engine.dispose()


def stop_and_start(server: EmbeddedPostgres) -> None:
    server.restart()


def crash_and_start(server: EmbeddedPostgres) -> None:
    kill(int((server.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    time.sleep(0.2)
    server.restart()


def crash_and_be_found(server: EmbeddedPostgres) -> None:
    """Nobody starts it by hand: the watch does."""
    kill(int((server.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)


@pytest.mark.parametrize("outage", [stop_and_start, crash_and_start, crash_and_be_found])
async def test_requests_fail_as_unavailable_and_soon_work_again(
    server: EmbeddedPostgres, work: PostgresUnitOfWork, outage: Callable[[EmbeddedPostgres], None]
) -> None:
    org_id = await found_org(work, work.clock.now())
    outcomes: Counter[str] = Counter()
    stop = anyio.Event()

    async def use() -> None:
        while not stop.is_set():
            outcomes[await rename(work, org_id)] += 1
            await anyio.sleep(0.005)

    async with anyio.create_task_group() as group:
        for _ in range(USERS):
            group.start_soon(use)
        await eventually(lambda: outcomes["done"] > USERS, RECOVERY_SECONDS)
        await anyio.to_thread.run_sync(outage, server)
        await eventually(lambda: outcomes["unavailable"] > 0, RECOVERY_SECONDS)
        outcomes["done"] = 0
        await eventually(lambda: outcomes["done"] > 10 * USERS, RECOVERY_SECONDS)
        stop.set()
    assert set(outcomes) <= {"done", "unavailable"}


async def rename(work: PostgresUnitOfWork, org_id: OrgId) -> str:
    try:
        async with work.begin(org_id) as unit:
            profile = await unit.org.lock()
            await unit.org.save(profile.edited(work.clock.now(), name="Renamed"))
    except Unavailable as refused:
        return "unavailable" if refused.retry_after_seconds else "unavailable for good"
    return "done"
