"""One run of one job: bounded in time, and whatever it raises is an outcome."""

import logging
import time
from collections.abc import Awaitable, Callable

import anyio

from domain.shared.errors import Unavailable, UpstreamRefused
from entrypoints import log_context
from entrypoints.jobs.job import Job, JobOutcome, JobResult, StopSignal

logger = logging.getLogger("sweepline.jobs")


async def run_job(job: Job, stop: StopSignal) -> JobOutcome:
    """A run that does not end in its time is cancelled, rolled back and counts as failed."""
    began = time.monotonic()
    with log_context.scope(job=job.spec.name):
        result, error = await _attempt(lambda: job.work(stop), job.spec.timeout_seconds)
        if error is None and result.orgs_failed:
            error = "org_failed"
        if error is not None:
            logger.error("job failed", extra={"error": error})
    duration_ms = round((time.monotonic() - began) * 1000)
    return JobOutcome(spec=job.spec, result=result, duration_ms=duration_ms, error=error)


async def _attempt(work: Callable[[], Awaitable[JobResult]], seconds: float) -> tuple[JobResult, str | None]:
    with anyio.move_on_after(seconds) as limit:
        try:
            return await work(), None
        except UpstreamRefused:
            return JobResult(), "upstream"
        except Unavailable:
            return JobResult(), "database"
        except Exception:
            logger.exception("job raised")
            return JobResult(), "unexpected"
    return JobResult(), "timeout" if limit.cancelled_caught else "unexpected"
