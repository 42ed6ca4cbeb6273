"""What commands stand on: settings from the environment, a database that runs, a container that is closed."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from entrypoints.cli.output import Failed
from entrypoints.cli.stopping import unwinding
from entrypoints.settings import Fault, Secret, Settings, SettingsRefused, load_settings

if TYPE_CHECKING:
    from dishka import AsyncContainer, Provider

    from adapters.postgres.embedded import EmbeddedPostgres
    from domain.shared.errors import DomainError


def settings_here(*, bind: str | None = None) -> Settings:
    """From this process's environment; raises SettingsRefused."""
    return load_settings(os.environ, bind=bind)


@contextmanager
def running_database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database to connect to. With none configured, the embedded one of the home is
    started or joined for as long as the block runs, and left also when a signal ends it."""
    with unwinding() as told:
        if settings.database.url is not None:
            yield settings
            return
        from adapters.postgres.embedded import EmbeddedPostgres, watched  # the image leaves it out

        server = EmbeddedPostgres(settings.home)
        try:
            with told.whole():
                _start(server)
            urls = replace(settings.database, url=Secret(server.app_url), owner_url=Secret(server.owner_url))
            with watched(server):
                yield replace(settings, database=urls)
        finally:
            server.release()


def _start(server: "EmbeddedPostgres") -> None:
    from adapters.postgres.embedded import EmbeddedFailed

    try:
        server.start()
    except (EmbeddedFailed, OSError) as error:
        raise Failed(f"The embedded database did not start: {error}") from error


def owner_url(settings: Settings) -> str:
    """The role that migrates, of settings with a database."""
    url = settings.database.owner_url or settings.database.url
    if url is None:
        raise Failed("No database is configured.")
    return url.reveal()


def run_in_container[T](
    settings: Settings,
    work: "Callable[[AsyncContainer], Awaitable[T]]",
    overrides: "Callable[[Settings], Sequence[Provider]]" = lambda _ready: (),
) -> T:
    """Run `work` with the process's container on a database that runs, the embedded one at head; a refusal
    becomes one line. `overrides` of the container, for the settings with that database."""
    from sqlalchemy.exc import ProgrammingError

    from adapters.postgres.migrate import migrate
    from domain.shared.errors import DomainError
    from entrypoints.wiring import make_container

    async def whole(ready: Settings) -> T:
        container = make_container(ready, *overrides(ready))
        try:
            return await work(container)
        finally:
            await container.close()

    with running_database(settings) as ready:
        if settings.database.url is None:
            asyncio.run(migrate(owner_url(ready)))
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                return runner.run(whole(ready))
        except DomainError as error:
            raise Failed(sentence_of(error)) from error
        except ProgrammingError as error:
            raise Failed("The database is not at head: run `sweepline migrate` first.") from error


def refuse_dangerous_role(settings: Settings) -> None:
    """In production: who bypasses the policies would see and touch every organisation's rows at once. Raises
    SettingsRefused."""
    if settings.is_dev:
        return
    if found := asyncio.run(_role_faults(settings)):
        remedy = "Connect as sweepline_app, which `sweepline migrate` creates"
        raise SettingsRefused(tuple(Fault("DATABASE_URL", sentence, remedy) for sentence in found))


async def _role_faults(settings: Settings) -> list[str]:
    from sqlalchemy.exc import SQLAlchemyError

    from adapters.postgres.catalogue import role_faults
    from adapters.postgres.engine import DatabaseOptions, make_engine
    from adapters.postgres.errors import SPOKEN

    database = settings.database
    if database.url is None:
        return []
    engine = make_engine(
        DatabaseOptions(database.url.reveal(), prepared_statements=database.prepared_statements)
    )
    try:
        async with engine.connect() as connection:
            return list(await role_faults(connection))
    except (SQLAlchemyError, OSError, *SPOKEN):
        return []  # it may come later: readiness tells
    finally:
        await engine.dispose()


def sentence_of(error: "DomainError") -> str:
    """A refusal in one line, with every field at fault."""
    faults = "; ".join(f"{fault.field} {fault.message}" for fault in error.errors)
    return f"{error.detail.rstrip('.')} ({faults})." if faults else error.detail


def _loop_factory() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    """As the server's: a runner spends its time in the loop. None is asyncio's own."""
    if os.name != "posix":
        return None
    import uvloop

    return uvloop.new_event_loop
