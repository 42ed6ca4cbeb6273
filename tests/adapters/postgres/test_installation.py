"""A server that was not made by us: an owner who is no superuser, and roles that do not exist yet."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.postgres.catalogue import faults, role_faults
from adapters.postgres.embedded import EmbeddedPostgres, ServerOptions
from adapters.postgres.migrate import RolesMissing, check, migrate
from tests.support.database import test_options as options_for_tests

FORGET_OURS = (
    "drop database sweepline",
    "drop role sweepline_app",
    "drop role sweepline_owner",
    "drop role sweepline_doors",
)


@pytest.fixture
def foreign() -> Iterator[EmbeddedPostgres]:
    """PostgreSQL with nothing of ours on it but the database `company`, and an owner for it."""
    home = Path(tempfile.mkdtemp(prefix="sweepline-home-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home, ServerOptions(options_for_tests().binaries))
    server.start()
    for statement in (*FORGET_OURS, "create role company login", "create database company owner company"):
        server.execute(statement, database="postgres")
    yield server
    server.release()
    shutil.rmtree(home)


@pytest.fixture
async def as_app(foreign: EmbeddedPostgres) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(foreign.url("sweepline_app", "company"), poolclass=pool.NullPool)
    yield engine
    await engine.dispose()


async def test_an_owner_that_may_make_roles_needs_no_help(
    foreign: EmbeddedPostgres, as_app: AsyncEngine
) -> None:
    foreign.execute("alter role company createrole", database="postgres")
    url = foreign.url("company", "company")
    assert (await migrate(url)).at_head
    assert (await migrate(url, to="base")).current == ()
    assert (await migrate(url)).at_head
    async with as_app.connect() as connection:
        assert await faults(connection) == []
        assert await role_faults(connection) == []


async def test_an_owner_that_may_not_names_the_statements_and_then_succeeds(
    foreign: EmbeddedPostgres, as_app: AsyncEngine
) -> None:
    url = foreign.url("company", "company")
    with pytest.raises(RolesMissing) as refused:
        await migrate(url)
    assert (await check(url)).current == ()
    for statement in refused.value.statements:
        foreign.execute(statement, database="postgres")
    assert (await migrate(url)).at_head
    async with as_app.connect() as connection:
        assert await faults(connection) == []
