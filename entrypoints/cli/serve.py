import asyncio
import gc
import logging
import os
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from entrypoints.cli.announcing import announce
from entrypoints.cli.demo import require_dev, show_demo
from entrypoints.cli.environment import environment_of
from entrypoints.cli.listening import listen, url_of
from entrypoints.cli.runtime import owner_url, refuse_dangerous_role, running_database, settings_here
from entrypoints.cli.stopping import StopSignals, ignore_late_signals
from entrypoints.settings import Settings
from entrypoints.settings.warnings import warnings_about

if TYPE_CHECKING:
    from dishka import AsyncContainer

    from entrypoints.draining import Draining

JOBS_PAUSE_SECONDS = 5
YOUNG_OBJECTS = 20_000
logger = logging.getLogger("sweepline.serve")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--demo", is_flag=True, help="Make the demo company first, and print its logins once.")
@click.option("--no-jobs", is_flag=True, help="Leave the jobs to `sweepline jobs run`.")
def serve(*, host: str, port: int, workers: int, demo: bool, no_jobs: bool) -> None:
    """Serve the API. With no DATABASE_URL, on an embedded PostgreSQL that is migrated first."""
    settings = settings_here(bind=host)
    refuse_dangerous_role(settings)
    listener = listen(host, port)
    announce(settings, opening_line(settings))
    for warning in warnings_about(settings, os.environ):
        announce(settings, warning, warning=True)
    if demo:
        require_dev(settings)
    settings, serves = linking_here(settings, url_of(listener)), False
    try:
        with running_database(settings) as ready:
            prepare(ready)
            if demo:
                show_demo(ready, url_of(listener))
            announce(settings, f"Listening on {url_of(listener)} (documentation at {url_of(listener)}/docs)")
            sys.stdout.flush()
            serves = True
            status = serve_by(workers, ready, listener, jobs=not no_jobs)
    except KeyboardInterrupt:
        if serves:
            raise
        status = 0  # told to end before it served anybody: what it had begun is undone
    ignore_late_signals()
    sys.exit(status)


def serve_by(workers: int, settings: Settings, listener: socket.socket, *, jobs: bool) -> int:
    if workers == 1:
        return serve_here(settings, listener, jobs=jobs)
    from entrypoints.cli.supervisor import Supervisor

    return Supervisor(settings, listener, workers, jobs=jobs).run()


def linking_here(settings: Settings, url: str) -> Settings:
    """In dev, links of mails lead to this very server unless PUBLIC_BASE_URL says otherwise."""
    if settings.general.public_base_url or not settings.is_dev:
        return settings
    return replace(settings, general=replace(settings.general, public_base_url=url))


def opening_line(settings: Settings) -> str:
    env = settings.general.app_env
    if "APP_ENV" in settings.given:
        return f"Sweepline in {env}."
    if env == "dev":
        return "Sweepline in dev: APP_ENV is unset, the database is embedded and the address is loopback."
    return "Sweepline in prod, because APP_ENV is unset."


def prepare(settings: Settings) -> None:
    """Head for the embedded database; in dev the default organisation."""
    from sqlalchemy.exc import SQLAlchemyError

    from adapters.postgres.migrate import migrate
    from domain.shared.errors import DomainError

    if settings.embedded_database:
        asyncio.run(migrate(owner_url(settings)))
        asyncio.run(_ensure_default_org(settings))
    elif settings.is_dev:
        with suppress(SQLAlchemyError, DomainError):  # not there yet, or not at head: readiness tells
            asyncio.run(_ensure_default_org(settings))


async def _ensure_default_org(settings: Settings) -> None:
    from application.tenancy.default_org import EnsureDefaultOrgHandler
    from domain.shared.ids import OrgId
    from entrypoints.wiring import make_container

    container = make_container(settings)
    try:
        handler = await container.get(EnsureDefaultOrgHandler)
        await handler.handle(OrgId(settings.general.default_org_id))
    finally:
        await container.close()


def serve_here(settings: Settings, listener: socket.socket, *, jobs: bool) -> int:
    """Serve in this process until a signal has drained it; the exit status."""
    from entrypoints.logs import configure_logging

    signals = StopSignals()
    signals.listen()
    configure_logging(settings.general)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, listener, signals, jobs=jobs))


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop


async def _serve(settings: Settings, listener: socket.socket, signals: StopSignals, *, jobs: bool) -> int:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from entrypoints.draining import Draining
    from entrypoints.http.app import create_app
    from entrypoints.http.measuring import Measures
    from entrypoints.http.server import Server, server_config
    from entrypoints.wiring import make_container
    from entrypoints.wiring.couriers import CouriersProvider

    container = make_container(settings, CouriersProvider(environment_of(settings)))
    try:
        draining = await container.get(Draining)
        (await container.get(Measures)).watch(await container.get(AsyncEngine))
        app = create_app(settings, container)
        server = Server(
            server_config(app, settings.general),
            draining,
            settings.general.shutdown_delay_seconds,
            ends_early=signals.came,
        )
        spare_the_collector()
        work = asyncio.create_task(_run_jobs(container, draining)) if jobs else None
        await server.serve(sockets=[listener])
        draining.stop.set()
        if work is not None:
            if server.force_exit:  # a second signal
                work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        return 0 if server.started else 1
    finally:
        await container.close()


def spare_the_collector() -> None:
    """What is here before the first request stays until the end: a full collection that walks through it
    holds the loop for a tenth of a second. Requests make thousands of objects each, few of them in cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


async def _run_jobs(container: "AsyncContainer", draining: "Draining") -> None:
    """The job loop beside the server. Should it ever break, it is begun again: serving goes on meanwhile."""
    from entrypoints.jobs.loop import JobLoop

    while not draining.stop.is_set():
        try:
            await (await container.get(JobLoop)).run(draining.stop)
        except Exception:
            logger.exception("the job loop broke")
            with suppress(TimeoutError):
                await asyncio.wait_for(draining.stop.wait(), JOBS_PAUSE_SECONDS)
