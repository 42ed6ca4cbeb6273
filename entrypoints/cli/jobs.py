import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from application.delivery.job_table import JOBS, JobSpec, find_job
from entrypoints.cli.environment import environment_of
from entrypoints.cli.output import FAILED, json_for_all, json_option, say

if TYPE_CHECKING:
    from dishka import AsyncContainer

    from entrypoints.jobs.job import JobOutcome
    from entrypoints.jobs.loop import JobLoop
    from entrypoints.settings import Settings

OUTBOX_DELIVERY = "outbox-delivery"
FIRST_COURIER_SECONDS = 15
"""With one look at what is due. Less than SHUTDOWN_TIMEOUT_SECONDS is by default."""
LONGEST_TICK = 31 * 24 * 60 * 60
"""A month, in seconds: the next run must be an instant that can be written down."""


@click.group()
@json_for_all
def jobs() -> None:
    """What runs by the clock."""


@jobs.command("list")
@json_option
def list_jobs(*, as_json: bool) -> None:
    """Every job, how often it runs and for how long at most."""
    document = {
        "items": [
            {
                "job": spec.name,
                "in_default_set": spec.in_default_set,
                "interval_seconds": spec.every_seconds,
                "timeout_seconds": spec.timeout_seconds,
                "result_keys": list(spec.result_keys),
            }
            for spec in JOBS.values()
        ]
    }
    say(document, "\n".join(map(_line, JOBS.values())), as_json=as_json)


def _line(spec: JobSpec) -> str:
    every = f"every {spec.every_seconds} s" if spec.every_seconds else "every tick"
    chosen = "" if spec.in_default_set else ", only if named"
    return f"{spec.name:<20} {every}, at most {spec.timeout_seconds} s{chosen}"


def _known(_context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    found = [find_job(name) for name in names]
    if unknown := [name for name, spec in zip(names, found, strict=True) if spec is None]:
        raise click.BadParameter(f"no job is called {', '.join(unknown)}. Jobs: {', '.join(JOBS)}.")
    return tuple(spec.name for spec in found if spec is not None)


@jobs.command("run")
@click.option(
    "--job", "names", multiple=True, metavar="NAME", callback=_known, help="Only this one; may be repeated."
)
@click.option("--once", is_flag=True, help="Run each once and say how it went.")
@click.option(
    "--interval",
    "tick_seconds",
    default=60,
    show_default=True,
    type=click.IntRange(1, LONGEST_TICK),
    help="Seconds between two ticks.",
)
@json_option
def run_jobs(*, names: tuple[str, ...], once: bool, tick_seconds: int, as_json: bool) -> None:
    """Run jobs by the clock until a signal, or once."""
    from entrypoints.cli.runtime import refuse_dangerous_role, run_in_container, settings_here
    from entrypoints.cli.stopping import StopSignals, ignore_late_signals
    from entrypoints.logs import configure_logging
    from entrypoints.wiring.couriers import CouriersProvider

    settings, logs = settings_here(), sys.stderr if once else sys.stdout
    refuse_dangerous_role(settings)
    signals = StopSignals()
    signals.listen()
    configure_logging(settings.general, logs)

    async def work(container: "AsyncContainer") -> "list[JobOutcome]":
        loop = await _loop(container, settings, names, tick_seconds)
        stop = signals.event()
        if once:
            await _couriers_ready(container, names, stop)
            return await loop.run_once(stop)
        await loop.run(stop)
        return []

    outcomes = run_in_container(settings, work, lambda ready: [CouriersProvider(environment_of(ready), logs)])
    ignore_late_signals()
    if once:
        _report(outcomes, as_json=as_json)


async def _couriers_ready(container: "AsyncContainer", names: tuple[str, ...], stop: "asyncio.Event") -> None:
    """On a host where couriers take long to begin, a scheduler that runs this each minute delivered nothing:
    what was handed back found a courier no sooner in the next run, which had to begin anew."""
    from adapters.processes.couriers import CourierProcesses
    from application.delivery.deliver_due import DeliverDueHandler
    from domain.shared.errors import Unavailable

    if names and OUTBOX_DELIVERY not in names:
        return
    with suppress(Unavailable):  # the job itself will say so
        if await (await container.get(DeliverDueHandler)).is_anything_due():
            couriers = await container.get(CourierProcesses)
            ready = asyncio.ensure_future(couriers.stand_ready(FIRST_COURIER_SECONDS))
            stopped = asyncio.ensure_future(stop.wait())
            _, waiting = await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()


async def _loop(
    container: "AsyncContainer", settings: "Settings", names: tuple[str, ...], tick_seconds: int
) -> "JobLoop":
    from entrypoints.jobs.loop import JobLoop
    from entrypoints.jobs.pulses import Pulses
    from entrypoints.jobs.registry import JobRegistry

    registry = await container.get(JobRegistry)
    return JobLoop(
        jobs=registry.jobs(names),
        pulses=await container.get(Pulses),
        tick_seconds=tick_seconds,
        grace_seconds=settings.general.shutdown_timeout_seconds,
    )


def _report(outcomes: "list[JobOutcome]", *, as_json: bool) -> None:
    documents = [outcome.as_json() for outcome in outcomes]
    say({"jobs": documents}, "\n".join(map(_sentence, documents)), as_json=as_json)
    if any(outcome.error is not None for outcome in outcomes):
        sys.exit(FAILED)


def _sentence(document: dict[str, Any]) -> str:
    counts = ", ".join(f"{key} {value}" for key, value in document.items() if key not in {"job", "status"})
    return f"{document['job']}: {document['status']} ({counts})"
