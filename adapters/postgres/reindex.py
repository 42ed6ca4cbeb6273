"""Rebuilding indexes that have grown far beyond what they hold, while everybody goes on writing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter

from sqlalchemy import pool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from adapters.postgres.engine import driver_url
from adapters.postgres.index_room import IndexRoom, Worth, find_oversized
from adapters.postgres.migrate import LOCK_KEY, TAKE_LOCK

PATIENCE = "10min"
"""A rebuild waits for transactions that began before it, for each at most so long; a dump may take longer.
Nobody waits for the rebuild meanwhile but a sweep of that table, and a change of its shape."""

WHOSE = text(
    """
    select pg_get_userbyid(relowner) as owner, current_user as role, pg_has_role(relowner, 'usage') as is_ours
      from pg_class where oid = to_regclass('public.outbox_events')
    """
)

# What a rebuild leaves that did not end: it costs every writer and serves nobody. One that somebody still
# builds is locked.
LEFTOVERS = text(
    r"""
    select format('%I.%I', s.nspname, i.relname)
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
      join pg_class t on t.oid = x.indrelid and t.relkind = 'r'
      join pg_class ours on ours.oid = to_regclass('public.outbox_events') and ours.relowner = t.relowner
      join pg_namespace s on s.oid = t.relnamespace and s.nspname = 'public'
     where not x.indisvalid and i.relname ~ '_cc(new|old)\d*$'
       and not exists (
        select from pg_locks l
         where l.relation = i.oid and l.mode = 'ShareUpdateExclusiveLock' and l.granted
           and l.database = (select oid from pg_database where datname = current_database())
       )
     order by i.relname
    """
)


DROP = "drop index concurrently if exists {}"
CLEARING_UP = "5s"


class ReindexRefused(RuntimeError):
    """Nothing was done; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    index: IndexRoom
    bytes_now: int
    seconds: float


@dataclass(slots=True)
class Rebuild:
    """What was found and done. `stopped_by` is what the database said when it could not go on: what was done
    before is done, the rest waits for the next time; and so does what is `still_left`, half built."""

    oversized: list[IndexRoom] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    rebuilt: list[Rebuilt] = field(default_factory=list)
    stopped_by: str | None = None
    still_left: list[str] = field(default_factory=list)

    @property
    def freed_bytes(self) -> int:
        return sum(each.index.bytes - each.bytes_now for each in self.rebuilt)


async def survey(owner_url: str, worth: Worth) -> Rebuild:
    """Changes nothing but what the planner knows. Raises ReindexRefused."""
    async with _alone(owner_url) as connection:
        return await _survey(connection, worth)


async def reindex(owner_url: str, worth: Worth) -> Rebuild:
    """One index after the other; whatever interrupts it, the next run goes on. Raises ReindexRefused."""
    async with _alone(owner_url) as connection:
        work = await _survey(connection, worth)
        try:
            for quoted in work.leftovers:
                await connection.exec_driver_sql(DROP.format(quoted))
            for index in work.oversized:
                work.rebuilt.append(await _rebuild(connection, index))
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            work.stopped_by = str(error.orig)
            work.still_left = await _clear_up(connection)
        return work


async def _survey(connection: AsyncConnection, worth: Worth) -> Rebuild:
    leftovers = await _leftovers(connection)
    # A count of long ago is taken anew, unless somebody else is at the table's indexes or sweeps it.
    for table in sorted({index.of_table for index in await find_oversized(connection, worth)}):
        await connection.exec_driver_sql(f"analyze (skip_locked) {table}")
    return Rebuild(oversized=await find_oversized(connection, worth), leftovers=leftovers)


async def _rebuild(connection: AsyncConnection, index: IndexRoom) -> Rebuilt:
    began = perf_counter()
    await connection.exec_driver_sql(f"reindex index concurrently {index.quoted}")
    size = await connection.execute(text("select pg_relation_size(:name)"), {"name": index.quoted})
    return Rebuilt(index, int(size.scalar_one()), perf_counter() - began)


async def _leftovers(connection: AsyncConnection) -> list[str]:
    return list((await connection.execute(LEFTOVERS)).scalars())


async def _clear_up(connection: AsyncConnection) -> list[str]:
    """What cannot be dropped now: for that the same transactions must end that a rebuild waits for."""
    await connection.exec_driver_sql(f"set lock_timeout = '{CLEARING_UP}'")
    for quoted in await _leftovers(connection):
        try:
            await connection.exec_driver_sql(DROP.format(quoted))
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            return await _leftovers(connection)
    return []


@asynccontextmanager
async def _alone(owner_url: str) -> AsyncIterator[AsyncConnection]:
    """A connection without transactions, of a role that owns the tables; no migration runs meanwhile."""
    limits = {"lock_timeout": PATIENCE, "statement_timeout": "0"}
    engine = create_async_engine(
        driver_url(owner_url),
        poolclass=pool.NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"server_settings": limits},
    )
    try:
        async with engine.connect() as connection:
            await _refuse_strangers(connection)
            # The session's, so it lasts as long as what the database does, even if we are killed.
            taken = await connection.execute(TAKE_LOCK, {"key": LOCK_KEY})
            if not taken.scalar_one():
                raise ReindexRefused("A migration or another rebuild is running: try again when it is over.")
            yield connection
    finally:
        await engine.dispose()


async def _refuse_strangers(connection: AsyncConnection) -> None:
    whose = (await connection.execute(WHOSE)).one_or_none()
    if whose is None:
        raise ReindexRefused("There are no tables yet: run `sweepline migrate` first.")
    if not whose.is_ours:
        raise ReindexRefused(
            f"The tables belong to {whose.owner}, and {whose.role} may not rebuild their indexes:"
            " set DATABASE_OWNER_URL."
        )
