"""Up, down and up again; the tables as Core sees them; one migrator at a time."""

import pkgutil
import subprocess
from collections.abc import Iterator
from importlib import import_module

import anyio
import pytest
from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine

import adapters.postgres.tables
from adapters.postgres.migrate import Progress, RolesMissing, check, heads, migrate
from adapters.postgres.tables.metadata import metadata
from tests.support.database import TestDatabase

NEVER_NAMED = {
    "alembic_version",
    "person_secrets",
}  # by a statement of ours: one is Alembic's, one has doors alone

COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by c.relname, a.attnum
"""


@pytest.fixture
def scratch(postgres: TestDatabase) -> Iterator[TestDatabase]:
    with postgres.clone("scratch") as database:
        yield database


def dump(database: TestDatabase) -> list[str]:
    """Everything but rows, as text; without the random words that newer dumps are fenced with."""
    program = database.server.binaries / "pg_dump"
    url = database.superuser_url.replace("+asyncpg", "")
    done = subprocess.run([program, "--schema-only", url], check=True, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if not line.startswith("\\")]


async def test_up_down_and_up_again_ends_where_it_began(scratch: TestDatabase) -> None:
    before = dump(scratch)
    assert await migrate(scratch.owner_url, to="base") == Progress((), heads())
    assert scratch.execute(COLUMNS).splitlines() == ["alembic_version|version_num|character varying(32)|t"]
    assert scratch.execute("select proname from pg_proc where prosecdef") == ""
    assert (await migrate(scratch.owner_url)).at_head
    assert dump(scratch) == before


@pytest.mark.slow
async def test_each_step_can_be_undone_and_done(scratch: TestDatabase) -> None:
    steps = [f"{number:04d}" for number in range(int(heads()[0]), 0, -1)]
    shapes = {steps[0]: dump(scratch)}
    for step in steps[1:]:
        assert (await migrate(scratch.owner_url, to=step)).current == (step,)
        shapes[step] = dump(scratch)
    for step in reversed(steps[:-1]):
        assert (await migrate(scratch.owner_url, to=step)).current == (step,)
        assert dump(scratch) == shapes[step]


async def test_progress_is_told_to_the_application_too(scratch: TestDatabase) -> None:
    assert (await check(scratch.app_url)).at_head
    await migrate(scratch.owner_url, to="0001")
    behind = await check(scratch.app_url)
    assert not behind.at_head
    assert behind.current == ("0001",)


async def test_many_migrators_at_once_are_as_one(scratch: TestDatabase) -> None:
    before = dump(scratch)
    await migrate(scratch.owner_url, to="base")
    reached: list[bool] = []

    async def one() -> None:
        reached.append((await migrate(scratch.owner_url)).at_head)

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(one)
    assert reached == [True] * 4
    assert dump(scratch) == before


async def test_an_owner_that_may_not_make_roles_is_told_what_to_have_run(scratch: TestDatabase) -> None:
    scratch.execute("drop role if exists plain_owner; create role plain_owner login")
    try:
        with pytest.raises(RolesMissing) as refused:
            await migrate(scratch.server.url("plain_owner", scratch.name))
        assert refused.value.statements == ("grant sweepline_doors to plain_owner",)
    finally:
        scratch.execute("drop role plain_owner")


def core_columns(table: Table, dialect: Dialect) -> list[tuple[str, str, bool]]:
    return [(c.name, c.type.compile(dialect).lower(), not c.nullable) for c in table.columns]


async def test_core_sees_the_tables_as_they_are(postgres: TestDatabase, postgres_engine: AsyncEngine) -> None:
    for module in pkgutil.iter_modules(adapters.postgres.tables.__path__, "adapters.postgres.tables."):
        import_module(module.name)
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for line in postgres.execute(COLUMNS).splitlines():
        table, column, kind, required = line.split("|")
        found.setdefault(table, []).append((column, kind, required == "t"))
    assert set(metadata.tables) == set(found) - NEVER_NAMED
    for name, known in metadata.tables.items():
        assert sorted(core_columns(known, postgres_engine.dialect)) == sorted(found[name]), name


async def test_core_knows_the_keys(postgres: TestDatabase) -> None:
    query = """
        select c.relname, string_agg(a.attname, ',' order by k.place)
        from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
        cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indisprimary group by c.relname
    """
    keys = dict(line.split("|") for line in postgres.execute(query).splitlines())
    for name, table in metadata.tables.items():
        assert sorted(column.name for column in table.primary_key) == sorted(keys[name].split(",")), name
