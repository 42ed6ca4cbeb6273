"""How PostgreSQL would run a statement."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, Executable


class Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement


@compiles(Explain)
def _explained(element: Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN {compiler.process(element.statement, **options)}"


async def plan_of(connection: AsyncConnection, statement: ClauseElement, values: Mapping[str, Any]) -> str:
    """With tables too small for an index to pay, one is preferred all the same."""
    await connection.execute(text("set local enable_seqscan = off"))
    await connection.execute(text("set local enable_bitmapscan = off"))
    await connection.execute(text("set local enable_sort = off"))  # a few rows are as soon sorted as walked
    return "\n".join(row[0] for row in await connection.execute(Explain(statement), dict(values)))
