"""Every job there is (delivery page, §5): what runs by the clock, how often and for how long at most."""

from collections.abc import Mapping
from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """`every_seconds` None: at each tick of the runner. `side_by_side`: so many runs at once in one process,
    each beginning its part of the interval after the other: while one waits for a slow world to answer,
    another takes what has come since."""

    name: str
    every_seconds: int | None
    timeout_seconds: int
    result_keys: tuple[str, ...]
    in_default_set: bool = True
    side_by_side: int = 1


RUNNER = "jobs-runner"
"""The pulse of the runners themselves, beside those of the jobs."""

JOBS: Mapping[str, JobSpec] = {
    spec.name: spec
    for spec in (
        JobSpec(
            name="outbox-delivery",
            every_seconds=5,
            timeout_seconds=55,
            result_keys=("claimed", "sent", "retry", "dead", "skipped"),
            side_by_side=2,
        ),
        JobSpec(
            name="booking-reminders",
            every_seconds=None,
            timeout_seconds=50,
            result_keys=("queued", "skipped"),
        ),
        JobSpec(
            name="booking-expiry",
            every_seconds=5 * MINUTE,
            timeout_seconds=60,
            result_keys=("expired", "remaining"),
        ),
        JobSpec(
            name="retention-cleanup",
            every_seconds=24 * HOUR,
            timeout_seconds=30 * MINUTE,
            result_keys=("due", "done", "held", "remaining"),
        ),
        JobSpec(name="housekeeping", every_seconds=HOUR, timeout_seconds=5 * MINUTE, result_keys=("purged",)),
        JobSpec(
            name="storage-janitor",
            every_seconds=MINUTE,
            timeout_seconds=5 * MINUTE,
            result_keys=("processed", "failed", "stuck"),
        ),
        JobSpec(name="audit-sealing", every_seconds=1, timeout_seconds=60, result_keys=("sealed",)),
        JobSpec(name="lockout-notices", every_seconds=MINUTE, timeout_seconds=MINUTE, result_keys=("told",)),
    )
}


def find_job(name: str) -> JobSpec | None:
    """By its name in either spelling: with `-` or with `_`."""
    return JOBS.get(name.replace("_", "-"))
