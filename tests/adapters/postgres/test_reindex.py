"""Room that a backlog leaves in indexes: it is found, and given back beside writers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from sqlalchemy import pool, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.postgres import reindex as rebuilding
from adapters.postgres.errors import constraint_of, translated
from adapters.postgres.index_room import Worth, packed_bytes
from adapters.postgres.migrate import LOCK_KEY, migrate
from adapters.postgres.reindex import Rebuild, ReindexRefused, reindex, survey
from domain.shared.errors import Contended
from tests.benchmarks.due_rows import placed
from tests.support.database import TestDatabase

ROWS, PAGE = 3_000, 8192
ANY = Worth(least_gain_bytes=16 * PAGE)
OF_WHAT_IS_DUE = {"outbox_events_due", "outbox_events_due_of_kind", "outbox_events_dedupe_prefix"}
SENT = (
    "update outbox_events set status = 'sent', outcome = 'delivered', sent_at = now(), next_attempt_at = null"
)
SIZES = """
    select relname, pg_relation_size(c.oid) from pg_class c join pg_index on indexrelid = c.oid
     where indrelid = 'outbox_events'::regclass
"""
SWAPPED = "select count(*) from pg_stat_progress_create_index where phase like '% before marking dead'"
SLUG_KEY = "select conname from pg_constraint where conrelid = 'orgs'::regclass and contype = 'u'"
INVALID = "select relname from pg_class join pg_index on indexrelid = oid where not indisvalid"
# An extension's, say: not ours to rebuild, and no reason to refuse our own.
STRANGERS = """
    create table strangers (id) as select generate_series(1, 10000);
    create index strangers_id on strangers (id) with (fillfactor = 10);
    alter index strangers_id reset (fillfactor);
    analyze strangers;
"""
REBUILDING = "select count(*) from pg_stat_progress_create_index where phase like 'waiting for%'"


@pytest.fixture
def swollen(postgres: TestDatabase) -> Iterator[TestDatabase]:
    """A backlog came and went, and what was left of it is swept up."""
    with postgres.clone("swollen") as database:
        org = str(uuid4())
        database.execute(
            "insert into orgs (id, slug, status, created_at)"
            f" values ('{org}', 'org-{org[-12:]}', 'active', now())"
        )
        database.execute(placed(org, "export", ROWS))
        database.execute(SENT)
        database.execute("vacuum outbox_events")
        database.execute("analyze outbox_events")
        database.execute(STRANGERS)
        yield database


def names(work: Rebuild) -> set[str]:
    return {index.name for index in work.oversized}


def sizes(database: TestDatabase) -> dict[str, int]:
    rows = database.execute(SIZES).splitlines()
    return {name: int(size) for name, size in (row.split("|") for row in rows)}


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


async def until(database: TestDatabase, question: str, answer: str) -> None:
    async with asyncio.timeout(30):
        while await asyncio.to_thread(database.execute, question) != answer:  # noqa: ASYNC110  # a state
            await asyncio.sleep(0.02)


async def test_indexes_of_what_was_due_give_their_room_back(swollen: TestDatabase) -> None:
    before = sizes(swollen)
    found = await survey(swollen.owner_url, ANY)
    assert names(found) >= OF_WHAT_IS_DUE
    assert {index.table for index in found.oversized} == {"outbox_events"}
    assert sizes(swollen) == before
    work = await reindex(swollen.owner_url, ANY)
    after = sizes(swollen)
    assert {name: after[name] for name in OF_WHAT_IS_DUE} == dict.fromkeys(OF_WHAT_IS_DUE, PAGE)
    assert work.freed_bytes == sum(before.values()) - sum(after.values())
    for index in work.oversized:  # so what is left alone is as it should be
        assert after[index.name] == pytest.approx(index.needed_bytes, rel=0.1, abs=2 * PAGE)
    assert not (await reindex(swollen.owner_url, ANY)).oversized
    assert not (await survey(swollen.owner_url, Worth(least_gain_bytes=1 << 30))).oversized


async def test_an_index_in_use_is_not_taken_for_empty_by_an_old_count(swollen: TestDatabase) -> None:
    swollen.execute(
        "update outbox_events set status = 'pending', outcome = null, sent_at = null, next_attempt_at = now()"
    )
    grown = Worth(ANY.least_gain_bytes, times=4)  # the last backlog's room is in them too
    assert names(await survey(swollen.owner_url, grown)) == {"outbox_events_kept"}  # nothing is sent any more


async def test_whoever_writes_goes_on_while_a_rebuild_waits_for_an_old_transaction(
    swollen: TestDatabase,
) -> None:
    async with connected(swollen.superuser_url) as old, connected(swollen.superuser_url) as writer:
        transaction = old.transaction(isolation="repeatable_read")
        await transaction.start()
        await old.execute("update outbox_events set last_error = 'late' where dedupe_key = 'k1'")
        rebuild = asyncio.create_task(reindex(swollen.owner_url, ANY))
        await until(swollen, REBUILDING, "1")
        await writer.execute("set lock_timeout = '1s'")
        org = await writer.fetchval("select id from orgs")
        await writer.execute(placed(org, "export", 10, "meanwhile"))
        await writer.execute("update outbox_events set last_error = 'late' where dedupe_key = 'k2'")
        assert not rebuild.done()
        await transaction.rollback()
        assert names(await rebuild) >= OF_WHAT_IS_DUE
        await writer.execute("set enable_seqscan = off")
        due = "select count(*) from outbox_events where org_id = $1 and next_attempt_at <= now()"
        assert await writer.fetchval(due, org) == 10


async def test_a_duplicate_that_the_outgoing_index_finds_is_refused_under_the_first_name(
    swollen: TestDatabase,
) -> None:
    """The new one has the name already; the old one is kept up, and asked first, while readers may use it."""
    twin = text(
        "insert into orgs (id, slug, status, created_at)"
        " select gen_random_uuid(), slug, status, now() from orgs"
    )
    engine = create_async_engine(swollen.superuser_url, poolclass=pool.NullPool)
    slug_key = swollen.execute(SLUG_KEY)
    async with connected(swollen.superuser_url) as reader, connected(swollen.owner_url) as owner:
        await reader.execute("begin; select from orgs")
        rebuild = asyncio.create_task(owner.execute(f"reindex index concurrently {slug_key}"))
        await until(swollen, SWAPPED, "1")
        async with engine.connect() as connection:
            with pytest.raises(IntegrityError) as refused:
                await connection.execute(twin)
            await connection.rollback()
            assert "_ccold" in str(refused.value)
            assert constraint_of(refused.value) == slug_key
            with pytest.raises(Contended), translated():
                await connection.execute(twin)
        await reader.execute("rollback")
        await rebuild
    await engine.dispose()


async def test_what_an_interrupted_rebuild_left_is_dropped_and_the_rest_done(
    swollen: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given up for a transaction that does not end, then killed while it waits for one."""
    async with connected(swollen.superuser_url) as old:
        await old.execute("begin; update outbox_events set last_error = 'late' where dedupe_key = 'k1'")
        with monkeypatch.context() as patched:
            patched.setattr(rebuilding, "PATIENCE", "100ms")
            patched.setattr(rebuilding, "CLEARING_UP", "100ms")
            work = await reindex(swollen.owner_url, ANY)
        assert "lock timeout" in str(work.stopped_by)
        assert work.rebuilt == []
        assert [f"public.{name}" for name in swollen.execute(INVALID).splitlines()] == work.still_left != []
        async with connected(swollen.owner_url) as killed:
            building = asyncio.create_task(killed.execute("reindex index concurrently outbox_events_due"))
            await until(swollen, REBUILDING, "1")
            assert (
                await survey(swollen.owner_url, ANY)
            ).leftovers == work.still_left  # somebody builds the other
            pid = killed.get_server_pid()
            swollen.execute(f"select pg_terminate_backend({pid})")
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
                await building
            await until(swollen, f"select count(*) from pg_stat_activity where pid = {pid}", "0")
        both = sorted([*work.still_left, "public.outbox_events_due_ccnew"])
        assert (await survey(swollen.owner_url, ANY)).leftovers == both
        await old.execute("rollback")
    work = await reindex(swollen.owner_url, ANY)
    assert work.leftovers == both
    assert {each.index.name for each in work.rebuilt} >= OF_WHAT_IS_DUE
    assert swollen.execute(INVALID) == ""


async def test_a_migration_waits_for_a_rebuild_and_not_the_rebuild_for_it(swollen: TestDatabase) -> None:
    async with connected(swollen.superuser_url) as old:
        await old.execute("begin; update outbox_events set last_error = 'late' where dedupe_key = 'k1'")
        rebuild = asyncio.create_task(reindex(swollen.owner_url, ANY))
        await until(swollen, REBUILDING, "1")
        with pytest.raises(ReindexRefused, match="A migration or another rebuild is running"):
            await reindex(swollen.owner_url, ANY)
        migration = asyncio.create_task(migrate(swollen.owner_url))
        await asyncio.sleep(0.3)
        assert not migration.done()
        await old.execute("rollback")
        assert (await rebuild).stopped_by is None
        assert (await migration).at_head


async def test_nothing_is_rebuilt_beside_a_migration(postgres: TestDatabase) -> None:
    async with connected(postgres.owner_url) as migrating:
        await migrating.execute(f"select pg_advisory_lock({LOCK_KEY})")
        with pytest.raises(ReindexRefused, match="try again"):
            await reindex(postgres.owner_url, ANY)


async def test_who_does_not_own_the_tables_is_told_whose_they_are(postgres: TestDatabase) -> None:
    for ask in (survey, reindex):
        with pytest.raises(ReindexRefused) as refused:
            await ask(postgres.app_url, ANY)
        assert "belong to sweepline_owner" in str(refused.value)
        assert "set DATABASE_OWNER_URL" in str(refused.value)


async def test_an_empty_database_is_to_be_migrated_first(postgres: TestDatabase) -> None:
    with postgres.clone("bare") as bare:
        await migrate(bare.owner_url, to="base")
        with pytest.raises(ReindexRefused, match="sweepline migrate"):
            await reindex(bare.owner_url, ANY)


@pytest.mark.parametrize(
    ("entries", "width", "pages"), [(0, 40, 1), (-1, 40, 1), (100, 40, 3), (141 * 100, 40, 102)]
)
def test_packed_entries_fill_nine_tenths_of_each_page(entries: int, width: int, pages: int) -> None:
    assert packed_bytes(entries, width, 90) == pages * PAGE
