"""Statements that run all day: Core compiled once, its text run by the driver itself.

What SQLAlchemy does for each execution and each row costs more than the database does for such a read.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import Insert, Select, Update
from sqlalchemy.dialects.postgresql import asyncpg as dialects
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.connection import adapted
from adapters.postgres.errors import UNSTORABLE, refusal_of

DIALECT = dialects.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so


@dataclass(frozen=True, slots=True)
class HotRead:
    """`names` are those of the values, in the order of $1, $2 …; a write may read what it returns."""

    sql: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, statement: Select[Any] | Insert | Update) -> "HotRead":
        """Every value of the statement must be a named parameter that is given when it runs."""
        compiled = statement.compile(dialect=DIALECT)
        return cls(str(compiled), tuple(compiled.positiontup or ()))

    async def rows(self, connection: AsyncConnection, values: Mapping[str, Any]) -> list[Any]:
        """In the connection's transaction, which begins and pins its tenant now if it has not yet."""
        raw = adapted(connection)
        with spoken_by_the_driver():
            if raw._transaction is None:  # SQLAlchemy begins with its first own statement only
                await raw._start_transaction()
            found: list[Any] = await raw.driver_connection.fetch(
                self.sql, *(values[name] for name in self.names)
            )
        return found


@contextmanager
def spoken_by_the_driver() -> Iterator[None]:
    """The driver's own errors, for what goes past SQLAlchemy."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        state = UNSTORABLE if isinstance(error, ValueError) else getattr(error, "sqlstate", None) or ""
        lost = not isinstance(error, (asyncpg.PostgresError, ValueError))
        if (known := refusal_of(state, lost=lost)) is not None:
            raise known from error
        raise
