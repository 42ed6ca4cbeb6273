"""Writing the pulses of the jobs. One that cannot be written stops nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from application.delivery.job_table import RUNNER
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.heartbeat import Heartbeat
from entrypoints.jobs.job import JobOutcome

logger = logging.getLogger("sweepline.jobs")


@dataclass(slots=True)
class Pulses:
    uow: UnitOfWork
    clock: Clock
    runner: str
    _lost: bool = field(default=False, init=False)

    async def beat(self, *names: str) -> None:
        await self._write(lambda pulse, now: pulse.beat(self.runner, now), *names)

    async def start(self, name: str) -> None:
        await self._write(lambda pulse, now: pulse.start(self.runner, now), name)

    async def end(self, outcome: JobOutcome, next_run_seconds: float) -> None:
        def ended(pulse: Heartbeat, now: datetime) -> Heartbeat:
            return self._ended(pulse, now, outcome.error, outcome.duration_ms, next_run_seconds)

        await self._write(ended, outcome.spec.name)

    async def end_tick(self, error: str | None, tick_seconds: float) -> None:
        """The runner itself did well if all jobs of the tick did."""

        def ended(pulse: Heartbeat, now: datetime) -> Heartbeat:
            return self._ended(pulse, now, error, 0, tick_seconds)

        await self._write(ended, RUNNER)

    def _ended(
        self, pulse: Heartbeat, now: datetime, error: str | None, duration_ms: int, next_run_seconds: float
    ) -> Heartbeat:
        next_run_at = now + timedelta(seconds=next_run_seconds)
        if error is None:
            return pulse.succeed(self.runner, now, duration_ms=duration_ms, next_run_at=next_run_at)
        return pulse.fail(self.runner, now, error, duration_ms=duration_ms, next_run_at=next_run_at)

    async def _write(self, change: Callable[[Heartbeat, datetime], Heartbeat], *names: str) -> None:
        try:
            async with self.uow.begin_global() as unit:
                for name in sorted(names):  # in one order, so that two runners never wait for each other
                    pulse = await unit.heartbeats.lock(name)
                    await unit.heartbeats.save(change(pulse, self.clock.now()))
        except Exception:
            if not self._lost:  # once for an outage: several beats a second would fill the log
                logger.exception("heartbeat not written")
            self._lost = True
        else:
            if self._lost:
                logger.info("heartbeats are written again")
            self._lost = False
