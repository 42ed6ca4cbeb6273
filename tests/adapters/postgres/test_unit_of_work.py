"""The transaction on PostgreSQL: its pin, its limits, and the bad days."""

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.connection import JOB, Limits, driver_of, opening
from adapters.postgres.engine import DatabaseOptions, driver_url, make_engine
from adapters.postgres.hot_read import HotRead
from adapters.postgres.tables.platform import org_profiles
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.identity.errors import IdempotencyKeyReused
from domain.identity.once import Once, StoredAnswer
from domain.shared.errors import Contended, Invalid, Unavailable
from domain.shared.ids import OrgId
from tests.support.database import TestDatabase

HOT = HotRead("select current_setting('app.current_org_id')", ())
SETTINGS = text(
    "select current_setting('app.current_org_id'), current_setting('statement_timeout'),"
    " current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')"
)


@pytest.fixture
async def small_pool(postgres: TestDatabase) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(DatabaseOptions(postgres.app_url, pool_size=2, pool_timeout_seconds=0.2))
    yield engine
    await engine.dispose()


async def test_the_transaction_opens_pinned_and_limited(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    async with postgres_uow.begin(an_org) as unit:
        assert tuple((await unit.connection.execute(SETTINGS)).one()) == (str(an_org), "5s", "2s", "10s")
    async with postgres_uow.within(JOB).begin(an_org) as unit:
        assert tuple((await unit.connection.execute(SETTINGS)).one()) == (str(an_org), "1min", "5s", "1min")


async def test_a_global_unit_is_pinned_to_nobody(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, an_org: OrgId
) -> None:
    work = replace(postgres_uow, engine=small_pool)
    async with work.begin(an_org) as unit:
        await unit.connection.execute(SETTINGS)
    async with work.begin_global() as shared:
        assert (await shared.connection.execute(SETTINGS)).one()[0] == ""
        seen = await shared.connection.execute(text("select count(*) from org_profiles"))
        assert seen.scalar_one() == 0


async def test_a_connection_remembers_nobody(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, an_org: OrgId
) -> None:
    async with replace(postgres_uow, engine=small_pool).begin(an_org):
        pass  # the pin was set and never travelled: no statement was run
    async with small_pool.connect() as connection:
        setting = await connection.execute(text("select current_setting('app.current_org_id', true)"))
        assert not setting.scalar_one()


async def test_a_transaction_left_open_on_a_connection_is_nobody_else_s(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, an_org: OrgId, rival: OrgId
) -> None:
    """As after a request that was cut off while its BEGIN was under way: what SQLAlchemy never heard of, it
    does not roll back, and the driver would make the next transaction a savepoint of the former."""
    async with small_pool.connect() as connection:
        driver = driver_of(connection)
        driver.open_with(opening(an_org, Limits()))
        await driver.transaction().start()
    async with replace(postgres_uow, engine=small_pool).begin(rival) as unit:
        assert (await unit.connection.execute(SETTINGS)).one()[0] == str(rival)


async def test_a_request_cut_off_while_it_begins_leaves_no_connection_behind(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, an_org: OrgId, rival: OrgId
) -> None:
    work = replace(postgres_uow, engine=small_pool)
    for turns in range(40):
        with anyio.CancelScope() as call:

            async def cut_off(call: anyio.CancelScope = call, turns: int = turns) -> None:
                for _ in range(turns % 8):
                    await anyio.lowlevel.checkpoint()
                call.cancel()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cut_off)
                async with work.begin(an_org) as unit:
                    await HOT.rows(unit.connection, {})
        async with work.begin(rival) as unit:
            assert (await HOT.rows(unit.connection, {}))[0][0] == str(rival)


async def test_a_refused_commit_is_no_commit(
    small_pool: AsyncEngine, postgres_uow: PostgresUnitOfWork, postgres: TestDatabase, an_org: OrgId
) -> None:
    """The connection dies between the last statement and the commit."""
    work = replace(postgres_uow, engine=small_pool)

    async def lose() -> None:
        async with work.begin(an_org) as unit:
            await unit.org.save((await unit.org.get()).edited(work.clock.now(), name="Lost"))
            pid = (await unit.connection.execute(text("select pg_backend_pid()"))).scalar_one()
            postgres.execute(f"select pg_terminate_backend({pid}, 5000)")

    with pytest.raises(Unavailable):
        await lose()
    async with work.begin(an_org) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"


async def test_a_savepoint_keeps_the_pin(postgres_uow: PostgresUnitOfWork, an_org: OrgId) -> None:
    async with postgres_uow.begin(an_org) as unit:
        savepoint = await unit.connection.begin_nested()
        await unit.connection.execute(text("update org_profiles set name = 'Other'"))
        await savepoint.rollback()
        assert (await unit.connection.execute(SETTINGS)).one()[0] == str(an_org)
        assert (await unit.org.get()).name == "Acme Cleaning"


def test_only_an_id_is_written_into_the_message() -> None:
    with pytest.raises(AttributeError):
        opening("x', true); drop table orgs; --", Limits())  # type: ignore[arg-type]  # the point of the test


async def test_an_engine_of_another_make_is_refused(
    postgres_uow: PostgresUnitOfWork, postgres: TestDatabase, an_org: OrgId
) -> None:
    engine = create_async_engine(postgres.app_url)
    with pytest.raises(TypeError, match="make_engine"):
        async with replace(postgres_uow, engine=engine).begin(an_org):
            pass
    await engine.dispose()


async def run(work: PostgresUnitOfWork, org_id: OrgId, statement: str) -> None:
    async with work.begin(org_id) as unit:
        await unit.connection.execute(text(statement))


async def test_a_statement_that_takes_too_long_is_unavailable(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    with pytest.raises(Unavailable) as refused:
        await run(postgres_uow.within(Limits(statement_ms=50)), an_org, "select pg_sleep(5)")
    assert refused.value.retry_after_seconds
    assert not isinstance(refused.value, Contended)


async def test_a_lock_not_got_in_time_is_contended(postgres_uow: PostgresUnitOfWork, an_org: OrgId) -> None:
    work = postgres_uow.within(Limits(lock_ms=50))
    async with work.begin(an_org) as unit:
        await unit.org.lock()
        with pytest.raises(Contended):
            await run(work, an_org, "update org_profiles set name = 'Late'")


async def test_a_deadlock_is_contended_for_one_and_passes_for_the_other(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    work = postgres_uow.within(Limits(lock_ms=10_000))
    both_hold_one = anyio.Event()
    holding, contended = 0, 0

    async def cross(first: int, second: int) -> None:
        nonlocal holding, contended
        try:
            async with work.begin(an_org) as unit:
                await unit.connection.execute(text(f"select pg_advisory_xact_lock({first})"))
                holding += 1
                if holding == 2:
                    both_hold_one.set()
                await both_hold_one.wait()
                await unit.connection.execute(text(f"select pg_advisory_xact_lock({second})"))
        except Contended:
            contended += 1

    async with anyio.create_task_group() as group:
        group.start_soon(cross, 71_001, 71_002)
        group.start_soon(cross, 71_002, 71_001)
    assert contended == 1


async def test_a_full_pool_is_unavailable(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, an_org: OrgId
) -> None:
    work = replace(postgres_uow, engine=small_pool)
    async with work.begin(an_org), work.begin(an_org):
        with pytest.raises(Unavailable, match="busy"):
            async with work.begin(an_org):
                pass
    async with work.begin(an_org) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"


async def test_a_server_that_is_not_there_is_unavailable(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    engine = make_engine(
        DatabaseOptions("postgresql://sweepline_app@/sweepline?host=/tmp/nobody-listens-here")
    )
    with pytest.raises(Unavailable, match="cannot be reached"):
        async with replace(postgres_uow, engine=engine).begin(an_org):
            pass
    await engine.dispose()


async def test_a_connection_killed_under_us_is_unavailable_and_then_replaced(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, postgres: TestDatabase, an_org: OrgId
) -> None:
    work = replace(postgres_uow, engine=small_pool)

    async def die() -> None:
        async with work.begin(an_org) as unit:
            pid = (await unit.connection.execute(text("select pg_backend_pid()"))).scalar_one()
            postgres.execute(f"select pg_terminate_backend({pid})")
            await unit.org.get()

    with pytest.raises(Unavailable):
        await die()
    async with work.begin(an_org) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"


async def test_a_connection_that_died_in_the_pool_is_never_handed_out(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, postgres: TestDatabase, an_org: OrgId
) -> None:
    work = replace(postgres_uow, engine=small_pool)
    async with work.begin(an_org) as unit:
        pid = (await unit.connection.execute(text("select pg_backend_pid()"))).scalar_one()
    postgres.execute(f"select pg_terminate_backend({pid}, 5000)")
    await anyio.sleep(0.05)
    async with work.begin(an_org) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"


async def test_a_cancelled_caller_gives_its_connection_back(
    postgres_uow: PostgresUnitOfWork, small_pool: AsyncEngine, an_org: OrgId
) -> None:
    work = replace(postgres_uow, engine=small_pool)
    for _ in range(4):
        with anyio.move_on_after(0.05):
            await run(work, an_org, "select pg_sleep(3)")
    async with work.begin(an_org) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_urls_as_people_write_them(scheme: str) -> None:
    assert driver_url(f"{scheme}://app@host/db") == "postgresql+asyncpg://app@host/db"


@pytest.mark.parametrize(
    "value",
    [
        "convert_from(decode('ff', 'hex'), 'UTF8')",
        "'x'::int",
        "2147483647 + 1",
        "repeat('x', 10)::varchar::date",
    ],
)
async def test_what_cannot_be_stored_is_invalid(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, value: str
) -> None:
    with pytest.raises(Invalid):
        await run(postgres_uow, an_org, f"select {value}")


@pytest.mark.parametrize("bad", ["nul\x00", 2**31])
async def test_what_the_driver_cannot_send_is_invalid(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, bad: str | int
) -> None:
    column = org_profiles.c.name if isinstance(bad, str) else org_profiles.c.travel_buffer_minutes
    with pytest.raises(Invalid):
        async with postgres_uow.begin(an_org) as unit:
            await unit.connection.execute(update(org_profiles).values({column: bad}))


async def test_an_answer_under_a_key_given_up_since_is_refused_plainly(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    answer = StoredAnswer(201, b"{}")
    once = Once(
        caller="user",
        key="k",
        method="POST",
        path="/v1/admin/x",
        body_sha256=b"h" * 32,
        answer=lambda _: answer,
    )
    async with postgres_uow.begin(an_org, once=once) as unit:
        await unit.seal("done")
    rotated = replace(postgres_uow, cipher=AesGcmFieldCipher([b"r" * 32]))
    with pytest.raises(IdempotencyKeyReused, match="cannot be read any more"):
        async with rotated.begin(an_org, once=once):
            raise AssertionError("done twice")
