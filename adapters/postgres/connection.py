"""The driver's connection, taught to pin the tenant in the message that opens the transaction.

`BEGIN` and `SELECT set_config(…)` travel together: one round trip less on every request. The text is built
from a UUID object and whole numbers alone, so there is nothing to escape.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.errors import connecting


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one kind of transaction may take; each in milliseconds."""

    statement_ms: int = 5_000
    lock_ms: int = 2_000
    idle_ms: int = 10_000


REQUEST = Limits()
JOB = Limits(statement_ms=60_000, lock_ms=5_000, idle_ms=60_000)
EXPORT = Limits(statement_ms=60_000, lock_ms=5_000, idle_ms=300_000)  # a slow reader between two pages


def opening(org_id: UUID | None, limits: Limits) -> str:
    """What follows BEGIN. No organisation is the empty text, which the policies read as no row."""
    pinned = "" if org_id is None else str(UUID(int=org_id.int))
    return f"select set_config('app.current_org_id', '{pinned}', true), {_limited(limits)}"


@cache
def _limited(limits: Limits) -> str:
    return (
        f"set_config('statement_timeout', '{limits.statement_ms:d}', true),"
        f" set_config('lock_timeout', '{limits.lock_ms:d}', true),"
        f" set_config('idle_in_transaction_session_timeout', '{limits.idle_ms:d}', true);"
    )


class TenantConnection(asyncpg.Connection):  # type: ignore[misc]  # its base has no types
    """Adds what was set by `open_with` to the next BEGIN, once: a transaction nobody pinned sees no row."""

    __slots__ = ("_opening",)

    def open_with(self, statement: str) -> None:
        self._opening = statement

    def is_at_rest(self) -> bool:
        """False with a transaction that its user never ended: the next BEGIN would be a savepoint of it, and
        see that user's organisation."""
        return self._top_xact is None and not self.is_in_transaction()

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        if not args and query.startswith("BEGIN"):
            query += getattr(self, "_opening", "")
            self._opening = ""
        answer: str = await super().execute(query, *args, **options)
        return answer


def adapted(connection: AsyncConnection) -> Any:
    """SQLAlchemy's own wrapper around the driver's connection, without a greenlet to fetch it."""
    synchronous = connection.sync_connection
    return synchronous.connection.dbapi_connection if synchronous else None


def driver_of(connection: AsyncConnection) -> TenantConnection:
    """The driver's own connection underneath, for what SQLAlchemy has no words for."""
    driver = getattr(adapted(connection), "driver_connection", None)
    if not issubclass(type(driver), TenantConnection):  # the driver answers isinstance with yes for all
        raise TypeError("This engine was not made by make_engine: its transactions would not be pinned.")
    return cast("TenantConnection", driver)


async def commit(connection: AsyncConnection) -> None:
    """Ends the transaction, also one that SQLAlchemy did not begin and would give back with a rollback."""
    if connection.in_transaction():
        await connection.commit()
    elif (begun := adapted(connection))._transaction is not None:
        await begun._call_and_discard(begun._transaction.commit)


async def abandon(connection: AsyncConnection, error: BaseException) -> None:
    """Rolls back and gives the connection back. One that was cut off in mid-sentence is closed for good: what
    it was about to begin or to end, nobody knows."""
    if not isinstance(error, Exception) and connection.sync_connection is not None:
        connection.sync_connection.invalidate(error)
    await connection.__aexit__(type(error), error, None)  # also when cancelled


async def pinned(engine: AsyncEngine, org_id: UUID | None, limits: Limits) -> AsyncConnection:
    """A connection whose next transaction belongs to that organisation. Nothing is sent yet."""
    with connecting():
        connection = await engine.connect()
    try:
        driver_of(connection).open_with(opening(org_id, limits))
    except BaseException as error:
        await abandon(connection, error)
        raise
    return connection
