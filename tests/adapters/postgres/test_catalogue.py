"""The catalogue proof on the real catalogue, and that it can fail: each wall is broken in turn."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.postgres.catalogue import faults, role_faults
from adapters.postgres.embedded.locks import exclusive
from migrations.catalogue import DOORS, GLOBAL_TABLES
from tests.support.database import TestDatabase
from tests.support.sabotage import ALL, SOUND, Sabotage


async def run(connection: AsyncConnection, statements: str) -> None:
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.execute(statements)


@pytest.fixture
async def vandal(postgres: TestDatabase) -> AsyncIterator[AsyncConnection]:
    """A superuser, in a transaction that is rolled back. Roles belong to the whole server: one at a time."""
    engine = create_async_engine(postgres.superuser_url, poolclass=pool.NullPool)
    with exclusive(postgres.server.home / "vandals.lock"):
        async with engine.connect() as connection, connection.begin() as transaction:
            await connection.exec_driver_sql("select 1")
            yield connection
            await transaction.rollback()
    await engine.dispose()


async def test_the_database_keeps_organisations_apart(postgres_engine: AsyncEngine) -> None:
    async with postgres_engine.connect() as connection:
        assert await faults(connection) == []
        assert await role_faults(connection) == []


async def test_a_sound_table_is_no_fault(vandal: AsyncConnection) -> None:
    await run(vandal, SOUND)
    assert await faults(vandal) == []


@pytest.mark.parametrize("sabotage", ALL, ids=lambda sabotage: sabotage.name)
async def test_the_proof_turns_red(vandal: AsyncConnection, sabotage: Sabotage) -> None:
    await run(vandal, SOUND)
    await run(vandal, sabotage.statements)
    found = await faults(vandal)
    assert any(sabotage.sentence in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("role", "why"),
    [("superuser", "is a superuser"), ("owner", "may act as an owner"), ("owner", "the owner of the doors")],
)
async def test_a_mighty_role_must_not_run_the_application(
    postgres: TestDatabase, role: str, why: str
) -> None:
    url = postgres.superuser_url if role == "superuser" else postgres.owner_url
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        assert any(why in sentence for sentence in await role_faults(connection))
    await engine.dispose()


def test_the_lists_are_short_and_say_why() -> None:
    assert len(GLOBAL_TABLES) <= 12
    assert all(GLOBAL_TABLES.values())
    assert all(door.reason for door in DOORS.values())
