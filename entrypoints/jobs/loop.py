"""The clock that runs the jobs, each by its own: none waits for another, and none can stop another."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from application.delivery.job_table import RUNNER
from domain.delivery.heartbeat import BEAT_SECONDS
from domain.shared.errors import DomainError
from entrypoints.jobs.job import IsWanted, Job, JobOutcome, JobResult, StopSignal
from entrypoints.jobs.pulses import Pulses
from entrypoints.jobs.run import run_job

logger = logging.getLogger("sweepline.jobs")
LOOK_SECONDS = 1.0
"""Messages that wait for their next attempt come due spread over time: taken every few seconds they would
arrive in heaps."""
ANSWER_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class JobLoop:
    """`tick_seconds` is for jobs without a rhythm of their own, `grace_seconds` is what a stop leaves all."""

    jobs: Sequence[Job]
    pulses: Pulses
    tick_seconds: float = 60
    grace_seconds: float = 20
    _running: Counter[str] = field(default_factory=Counter)
    _errors: list[str] = field(default_factory=list)

    async def run(self, stop: StopSignal) -> None:
        """Until the signal: then runs that have begun may finish in their grace, the rest is rolled back."""
        logger.info("jobs begin")
        async with anyio.create_task_group() as tasks:
            async with anyio.create_task_group() as jobs:
                self._start_beside(tasks)
                for job in self.jobs:
                    for lane in range(job.spec.side_by_side):
                        jobs.start_soon(self._keep, job, stop, lane)
                await self._cut_off(jobs, stop)
            tasks.cancel_scope.cancel()
        logger.info("jobs ended")

    async def run_once(self, stop: StopSignal) -> list[JobOutcome]:
        """Each job once, side by side; in the order of the jobs. A signal leaves them their grace, as it does
        the runs of a loop; a run that is cut off by that has failed."""
        cut_off = {
            job.spec.name: JobOutcome(spec=job.spec, result=JobResult(), duration_ms=0, error="timeout")
            for job in self.jobs
        }
        outcomes: dict[str, JobOutcome] = {}

        async def one(job: Job) -> None:
            outcomes[job.spec.name] = await self._run(job, stop)

        async with anyio.create_task_group() as tasks:
            self._start_beside(tasks)
            async with anyio.create_task_group() as jobs:
                tasks.start_soon(self._cut_off, jobs, stop)
                for job in self.jobs:
                    jobs.start_soon(one, job)
            tasks.cancel_scope.cancel()
        await self._end_tick()
        return list((cut_off | outcomes).values())

    async def _cut_off(self, jobs: TaskGroup, stop: StopSignal) -> None:
        """Until the signal, and then what is left when the grace is over."""
        await stop.wait()
        jobs.cancel_scope.deadline = anyio.current_time() + self.grace_seconds

    async def _keep(self, job: Job, stop: StopSignal, lane: int) -> None:
        with anyio.move_on_after(lane * self._interval(job) / job.spec.side_by_side):
            await stop.wait()
        while not stop.is_set():
            next_run = anyio.current_time() + self._interval(job)
            outcome = await self._run(job, stop)
            is_wanted = job.is_wanted if outcome.error is None else None  # what fails keeps its rhythm
            await self._pause(next_run, is_wanted, stop)

    @staticmethod
    async def _pause(next_run: float, is_wanted: IsWanted | None, stop: StopSignal) -> None:
        """Until then, the signal, or there is something to do."""
        while (left := next_run - anyio.current_time()) > 0 and not stop.is_set():
            with anyio.move_on_after(left if is_wanted is None else min(left, LOOK_SECONDS)):
                await stop.wait()
            if is_wanted is not None and await _says_yes(is_wanted):
                return

    async def _run(self, job: Job, stop: StopSignal) -> JobOutcome:
        name = job.spec.name
        self._running[name] += 1
        await self.pulses.start(name)
        try:
            outcome = await run_job(job, stop)
        finally:
            self._running -= Counter([name])
        if outcome.error is not None:
            self._errors.append(outcome.error)
        await self.pulses.end(outcome, self._interval(job))
        return outcome

    def _start_beside(self, tasks: TaskGroup) -> None:
        tasks.start_soon(self._beat)
        for job in self.jobs:
            if job.watch is not None:
                tasks.start_soon(self._watch, job.watch)

    @staticmethod
    async def _watch(watch: IsWanted) -> None:
        while True:
            await _says_yes(watch)
            await anyio.sleep(LOOK_SECONDS)

    async def _beat(self) -> None:
        """A task of its own: a job that hangs holds up no pulse."""
        until_tick = 0.0
        while True:
            await self.pulses.beat(RUNNER, *self._running)
            if until_tick <= 0:
                await self._end_tick()
                until_tick = self.tick_seconds
            pause = min(BEAT_SECONDS, max(until_tick, 1))
            await anyio.sleep(pause)
            until_tick -= pause

    async def _end_tick(self) -> None:
        error = self._errors[0] if self._errors else None
        self._errors.clear()
        await self.pulses.end_tick(error, self.tick_seconds)

    def _interval(self, job: Job) -> float:
        return job.spec.every_seconds or self.tick_seconds


async def _says_yes(is_wanted: IsWanted) -> bool:
    """A question that fails or hangs is a no: the run at its time will say what is wrong."""
    try:
        with anyio.move_on_after(ANSWER_SECONDS):
            return await is_wanted()
    except DomainError:  # the database is away
        pass
    except Exception:
        logger.exception("looking at what is due failed")
    return False
