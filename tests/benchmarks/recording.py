"""Which statements a request sends, recorded as it runs on the database of the server that is measured."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from dishka import AsyncContainer
from litestar import Litestar
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.connection import REQUEST, opening
from domain.shared.ids import OrgId
from entrypoints.cli.runtime import running_database
from entrypoints.http.app import create_app
from entrypoints.settings import load_settings
from entrypoints.wiring import make_container
from tests.benchmarks.scene import Scene
from tests.benchmarks.twin import Recorded, Statements

OPENING_AND_CLOSING = ("BEGIN", "COMMIT", "ROLLBACK")


async def record_routes(home: Path, scene: Scene) -> Recorded:
    """All that each measured request asks of the database, on the very rows that it will read."""
    settings = load_settings({"SWEEPLINE_HOME": str(home)})
    with running_database(settings) as ready:
        assert ready.database.url is not None
        container = make_container(ready)
        app = create_app(ready, container)
        try:
            routes = {
                name: await statements_of(container, partial(ask, app, scene, path))
                for name, path in scene.reads.items()
                if name != "constant"
            }
        finally:
            await container.close()
        dsn = ready.database.url.reveal().replace("+asyncpg", "")
        return Recorded(dsn, "BEGIN;" + opening(OrgId(UUID(scene.org_id)), REQUEST), routes)


async def ask(app: Litestar, scene: Scene, path: str) -> None:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # ASGI by another name
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path, headers={"Authorization": f"Bearer {scene.token}"})
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code} while it was recorded.")


async def statements_of(container: AsyncContainer, work: Callable[[], Awaitable[object]]) -> Statements:
    """Everything but the transaction's own commands, in order, with the values as the driver got them.

    Asked of the driver itself: hot reads go past SQLAlchemy and its events."""
    engine = await container.get(AsyncEngine)
    seen: list[tuple[str, tuple[Any, ...]]] = []
    listening: list[Any] = []

    def note(sent: Any) -> None:
        if not sent.query.startswith(OPENING_AND_CLOSING):
            seen.append((sent.query, tuple(sent.args or ())))

    def listen(connection: Any, *_: Any) -> None:
        connection.driver_connection.add_query_logger(note)
        listening.append(connection.driver_connection)

    await work()  # what is sent once a process, or once a connection, is not part of a request
    event.listen(engine.sync_engine, "checkout", listen)
    try:
        await work()
    finally:
        event.remove(engine.sync_engine, "checkout", listen)
        for driver in listening:
            driver.remove_query_logger(note)
    if not seen:
        raise SystemExit("Nothing was recorded: the twin would be measured at doing nothing.")
    return seen
