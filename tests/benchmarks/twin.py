"""What this machine can do at best: Litestar over bare asyncpg, same statements, same transaction.

No wiring, gates, use case, entity or log line: it runs what was recorded and encodes the rows as they come.
"""

import pickle
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import uvicorn
from litestar import Litestar, get
from litestar.datastructures import State

type Statements = Sequence[tuple[str, Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The transaction's opening message and the statements of each route, with their values."""

    dsn: str
    opening: str
    routes: dict[str, Statements]


@get("/constant")
async def constant() -> dict[str, str]:
    return {"status": "ok"}


@get("/recorded/{name:str}")
async def recorded(name: str, state: State) -> list[list[dict[str, Any]]]:
    statements: Statements = state.recorded.routes[name.replace("_", " ")]
    async with state.pool.acquire() as connection:
        await connection.execute(state.recorded.opening)
        answers = [[dict(row) for row in await connection.fetch(sql, *values)] for sql, values in statements]
        await connection.execute("COMMIT")
    return answers


def twin(record: Recorded) -> Litestar:
    @asynccontextmanager
    async def pool(app: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(record.dsn, min_size=10, max_size=10) as opened:
            app.state.pool = opened
            app.state.recorded = record
            yield

    encoders = {asyncpg.Range: str, object: str}
    return Litestar([constant, recorded], lifespan=[pool], openapi_config=None, type_encoders=encoders)


def main() -> None:
    record: Recorded = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301  # written by our own process
    uvicorn.run(twin(record), port=int(sys.argv[2]), loop="uvloop", http="httptools", log_level="warning")


if __name__ == "__main__":
    main()
