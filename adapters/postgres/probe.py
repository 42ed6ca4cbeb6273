"""What readiness asks of the database, on a connection of its own: a full pool hides nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from time import monotonic, perf_counter
from typing import Literal
from uuid import uuid4

from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.catalogue import faults, role_faults
from adapters.postgres.connection import REQUEST, driver_of, opening
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.errors import SPOKEN
from adapters.postgres.migrate import heads
from adapters.postgres.tables.metadata import metadata

Trouble = Literal[
    "reachable",
    "unreachable",
    "timeout",
    "read_only",
    "migrations_behind",
    "migrations_unknown",
    "tenant_isolation_broken",
    "pool_exhausted",
]
BUDGET_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
"""A look that takes longer than its budget goes on for so long, for whoever looks next: on a host that is
short of time the first one, with the whole proof, would else begin anew each time and never end."""
CATALOGUE_SECONDS = 30.0

WRITABLE = text("select not pg_is_in_recovery() and not current_setting('transaction_read_only')::boolean")
VERSION = text("select string_agg(version_num, ',' order by version_num) from alembic_version")
UNGUARDED = text(
    """
    select exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
    )
    """
)
PULSE = text("select last_heartbeat from job_heartbeats where name = 'jobs-runner'")


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What was found. `message` is the first thing that is wrong, `reachable` if nothing is."""

    message: Trouble
    current_version: str | None = None
    expected_head: str | None = None
    migrations_current: bool = False
    tenant_isolation: bool = False
    latency_ms: int | None = None
    runner_beat_at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.message == "reachable"


@dataclass(slots=True)
class DatabaseProbe:
    url: str
    prepared_statements: bool = True
    _engine: AsyncEngine | None = None
    _catalogue: tuple[float, bool] = field(default=(-CATALOGUE_SECONDS, False))
    _looking: asyncio.Task[DatabaseState] | None = None

    async def look(self) -> DatabaseState:
        """At most BUDGET_SECONDS; never raises for what the database does."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self.look_patiently())
        await asyncio.wait({self._looking}, timeout=BUDGET_SECONDS)
        if self._looking.done():
            return self._looking.result()
        return DatabaseState("timeout", expected_head=expected_head())

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._disconnect()

    async def look_patiently(self) -> DatabaseState:
        """For who can wait, as an operator at a terminal: at most PATIENCE_SECONDS."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._look(perf_counter())
        except TimeoutError:
            await self._disconnect()
            return DatabaseState("timeout", expected_head=expected_head())
        except (OSError, SQLAlchemyError, *SPOKEN):
            await self._disconnect()
            return DatabaseState("unreachable", expected_head=expected_head())

    async def _disconnect(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    async def _look(self, started: float) -> DatabaseState:
        async with self._connection() as connection:
            writable = bool((await connection.execute(WRITABLE)).scalar_one())
            latency_ms = round((perf_counter() - started) * 1000)
            await connection.rollback()
            current = await _version(connection)
            isolated = await self._isolated(connection) if current is not None else False
            beat = await _beat(connection) if current is not None else None
        head = expected_head()
        return DatabaseState(
            _verdict(writable=writable, current=current, head=head, isolated=isolated),
            current,
            head,
            current is not None and current == head,
            isolated,
            latency_ms,
            beat,
        )

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        if self._engine is None:
            self._engine = make_engine(
                DatabaseOptions(
                    self.url,
                    pool_size=1,
                    pool_timeout_seconds=BUDGET_SECONDS,
                    application_name="sweepline-probe",
                    prepared_statements=self.prepared_statements,
                )
            )
        async with self._engine.connect() as connection:
            yield connection

    async def _isolated(self, connection: AsyncConnection) -> bool:
        """By the code that requests use: with no organisation, and as one that nobody has, no row is seen."""
        for org_id in (None, uuid4()):
            driver_of(connection).open_with(opening(org_id, REQUEST))
            seen = bool((await connection.execute(text(canary()))).scalar_one())
            await connection.rollback()
            if seen:
                return False
        unguarded = bool((await connection.execute(UNGUARDED)).scalar_one())
        dangerous = bool(await role_faults(connection))
        sound = not (unguarded or dangerous) and await self._sound(connection)
        await connection.rollback()
        return sound

    async def _sound(self, connection: AsyncConnection) -> bool:
        """The whole proof; a good one is believed for a while, a bad one is asked again."""
        seen_at, sound = self._catalogue
        if not sound or monotonic() - seen_at > CATALOGUE_SECONDS:
            sound = not await faults(connection)
            self._catalogue = (monotonic(), sound)
        return sound


def _verdict(*, writable: bool, current: str | None, head: str | None, isolated: bool) -> Trouble:
    if not writable:
        return "read_only"
    if head is None or (current is not None and current > head):  # of a newer release than this one
        return "migrations_unknown"
    if current != head:
        return "migrations_behind"
    return "reachable" if isolated else "tenant_isolation_broken"


async def _version(connection: AsyncConnection) -> str | None:
    try:
        version: str | None = (await connection.execute(VERSION)).scalar_one_or_none()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        version = None  # there is no such table yet
    await connection.rollback()
    return version


async def _beat(connection: AsyncConnection) -> datetime | None:
    beat: datetime | None = (await connection.execute(PULSE)).scalar_one_or_none()
    await connection.rollback()
    return beat


@cache
def expected_head() -> str | None:
    """The one head of this release's migrations; None when they are missing or fork."""
    try:
        found = heads()
    except (CommandError, OSError):
        return None
    return found[0] if len(found) == 1 else None


@cache
def canary() -> str:
    """One statement that looks for any row in every organisation's table."""
    tables = sorted(table.name for table in metadata.tables.values() if "org_id" in table.c)
    looks = " or ".join(f"exists (select from {name})" for name in tables)  # our own names
    return f"select {looks or 'false'}"
