"""Fixtures of every test: the two databases, the clock, organisations.

`uow` runs a test on both adapters. One event loop serves the whole session: a pool that was opened in one
test must not meet another loop in the next.
"""

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.embedded.server import ELSEWHERE
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase, close_database, open_database, open_test_server
from tests.support.listening_places import hear_database, listening
from tests.support.measures import Heard, measured_by
from tests.support.orgs import MakeOrg, found_org
from tests.support.overhearing import LISTENER

hypothesis.settings.register_profile("unhurried", deadline=None)  # a busy machine is no defect
hypothesis.settings.load_profile("unhurried")

BOTH = ("memory", "postgres")
# Elsewhere nobody is judged.
PROCESSES = ["adapters/test_runner_lives.py", "adapters/test_courier_lives.py"]
collect_ignore = [] if sys.platform == "linux" else PROCESSES


def pytest_itemcollected(item: pytest.Item) -> None:
    """What PostgreSQL answers in is marked by itself: that much is worth running on another one of it."""
    chosen = callspec.params.values() if (callspec := getattr(item, "callspec", None)) else ()
    if (
        "postgres" in getattr(item, "fixturenames", ())
        or "postgres" in chosen
        or "postgres" in item.path.parts
    ):
        item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session", autouse=True)
def nothing_secret_is_told() -> Iterator[None]:
    """Whatever any test does; see tests/support/overhearing.py."""
    with listening() as listener:
        yield
    assert not (found := listener.take()), "".join(found[:5])


@pytest.fixture(scope="session", autouse=True)
def no_clusters_stay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Of the homes under this session's folder, where root's server may not reach: 180 MB each, for ever."""
    yield
    for identity in tmp_path_factory.getbasetemp().rglob("cluster-id"):
        if (cluster := ELSEWHERE / identity.read_text().strip()).exists():
            shutil.rmtree(cluster)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """The test that was running answers for what was heard."""
    yield
    assert not (found := LISTENER.take()), "\n".join(found[:5])


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def one_event_loop(anyio_backend: str) -> None:
    """As a fixture of the session it holds the loop open from the first test to the last."""


@pytest.fixture(scope="session")
def postgres(worker_id: str) -> Iterator[TestDatabase]:
    """This worker's own database, at head."""
    server = open_test_server()
    database = open_database(server, worker_id)
    yield database
    hear_database(database.execute)
    close_database(database)
    server.release()


@pytest.fixture(scope="session")
async def postgres_engine(postgres: TestDatabase) -> AsyncIterator[AsyncEngine]:
    """A pool of the app role."""
    engine = make_engine(DatabaseOptions(postgres.app_url))
    yield engine
    await engine.dispose()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def postgres_uow(postgres_engine: AsyncEngine, clock: FixedClock) -> PostgresUnitOfWork:
    return PostgresUnitOfWork(postgres_engine, clock, SystemIdentifiers(), AesGcmFieldCipher([b"f" * 32]))


@pytest.fixture
def memory_uow(clock: FixedClock) -> MemoryUnitOfWork:
    return MemoryUnitOfWork(clock, SystemIdentifiers())


@pytest.fixture(params=BOTH)
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    """The same test on memory and on PostgreSQL."""
    return cast("UnitOfWork", request.getfixturevalue(f"{request.param}_uow"))


@pytest.fixture
def heard() -> Heard:
    """What `measured` has told so far."""
    return Heard()


@pytest.fixture
def measured(uow: UnitOfWork, heard: Heard) -> UnitOfWork:
    """`uow`, and it tells what is done for good."""
    return measured_by(uow, heard)


@pytest.fixture
def make_org(request: pytest.FixtureRequest, clock: FixedClock) -> MakeOrg:
    """`await make_org(timezone="Europe/Berlin")`, in every unit of work that the test uses."""
    used = [f"{name}_uow" for name in BOTH if _uses(request, name)]
    units: list[UnitOfWork] = [request.getfixturevalue(name) for name in used]

    async def make(**choices: Any) -> OrgId:
        org_id = OrgId(choices.pop("org_id", None) or SystemIdentifiers().new())
        for unit_of_work in units:
            await found_org(unit_of_work, clock.now(), org_id=org_id, **choices)
        return org_id

    return make


@pytest.fixture
async def an_org(make_org: MakeOrg) -> OrgId:
    """A new organisation: nobody else's rows are in it."""
    return await make_org()


@pytest.fixture
async def rival(make_org: MakeOrg) -> OrgId:
    """Another one, to see nothing of the first."""
    return await make_org()


def _uses(request: pytest.FixtureRequest, name: str) -> bool:
    callspec = getattr(request.node, "callspec", None)
    chosen = callspec.params.get("uow") if callspec is not None else None
    return chosen == name or f"{name}_uow" in request.fixturenames
