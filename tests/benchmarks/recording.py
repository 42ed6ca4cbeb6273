"""Which statements a use case sends, recorded as it runs on the database of the server that is measured."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from dishka import AsyncContainer
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.connection import REQUEST, opening
from application.booking.list_bookings import ListBookings, ListBookingsHandler
from application.scheduling.find_slots import FindSlots, FindSlotsHandler
from application.scheduling.show_schedule import ShowSchedule, ShowScheduleHandler
from domain.identity.actor import Actor, ActorKind, Role
from domain.scheduling.offers import Audience
from domain.shared.ids import OrgId
from entrypoints.cli.runtime import running_database
from entrypoints.settings import load_settings
from entrypoints.wiring import make_container
from tests.benchmarks.scene import Scene
from tests.benchmarks.twin import Recorded, Statements

OPENING_AND_CLOSING = ("BEGIN", "COMMIT", "ROLLBACK")


async def record_routes(home: Path, scene: Scene) -> Recorded:
    """Of each read that is measured, on the very rows that it will read."""
    settings = load_settings({"SWEEPLINE_HOME": str(home)})
    actor = Actor(org_id=OrgId(UUID(scene.org_id)), kind=ActorKind.BEARER, role=Role.DISPATCHER)
    with running_database(settings) as ready:
        assert ready.database.url is not None
        container = make_container(ready)
        listing = await container.get(ListBookingsHandler)
        schedule = await container.get(ShowScheduleHandler)
        slots = await container.get(FindSlotsHandler)
        try:
            routes = {
                "day list": await statements_of(
                    container,
                    lambda: listing.handle(actor, ListBookings(first_day=scene.day, last_day=scene.day)),
                ),
                "board": await statements_of(
                    container, lambda: schedule.handle(actor, ShowSchedule(day=scene.day))
                ),
                "slots": await statements_of(
                    container,
                    lambda: slots.handle(actor, FindSlots(audience=Audience.PUBLIC, duration_minutes=120)),
                ),
            }
        finally:
            await container.close()
        dsn = ready.database.url.reveal().replace("+asyncpg", "")
        return Recorded(dsn, "BEGIN;" + opening(actor.org_id, REQUEST), routes)


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
