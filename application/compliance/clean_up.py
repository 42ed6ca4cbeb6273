"""What is past its time goes: class by class, some rows at a time, beside any number of others at it."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.job_locks import JobLocks
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.compliance.retention import RetentionClass, RetentionRules
from domain.identity.actor import Actor, Need

JOB = "retention-cleanup"


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Of the actor's organisation, for at most so long. `classes` None: all. A dry run only counts."""

    classes: Collection[RetentionClass] | None = None
    dry_run: bool = False
    budget_seconds: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """`cutoff` None: the class is kept for good. Of what was `due` so many rows are `done`, or in a dry run
    would be; the rest remains for the next run."""

    kept: RetentionClass
    days: int
    cutoff: datetime | None
    due: int = 0
    done: int = 0
    held: int = 0  # by a legal hold

    @property
    def remaining(self) -> int:
        return max(0, self.due - self.done)


@dataclass(frozen=True, slots=True)
class CleanUpReport:
    classes: tuple[ClassReport, ...] = ()
    dry_run: bool = False
    is_running_elsewhere: bool = False

    @property
    def is_done(self) -> bool:
        return all(report.remaining == 0 for report in self.classes)


@dataclass(frozen=True, slots=True)
class CleanUpHandler:
    """For a job, which holds the organisation's lock itself."""

    uow: UnitOfWork
    clock: Clock
    rules: RetentionRules

    async def handle(self, actor: Actor, command: CleanUp) -> CleanUpReport:
        actor.require(Need.ADMIN)
        give_up_at = time.monotonic() + command.budget_seconds
        now = self.clock.now()
        wanted = [kept for kept in RetentionClass if command.classes is None or kept in command.classes]
        reports = [await self._take(actor, kept, now, command, give_up_at) for kept in wanted]
        return CleanUpReport(tuple(reports), command.dry_run)

    async def _take(
        self, actor: Actor, kept: RetentionClass, now: datetime, command: CleanUp, give_up_at: float
    ) -> ClassReport:
        cutoff, days = self.rules.cutoff(kept, now), self.rules.days[kept]
        if cutoff is None:
            return ClassReport(kept=kept, days=days, cutoff=None)
        async with self.uow.begin(actor.org_id) as unit:
            due = await unit.retention.count_due(kept, cutoff)
        if command.dry_run:
            return ClassReport(kept=kept, days=days, cutoff=cutoff, due=due, done=due)
        done, last = 0, self.rules.chunk
        while due and last == self.rules.chunk and time.monotonic() < give_up_at:
            last = await self._clear_some(actor, kept, cutoff)
            done += last
        return ClassReport(kept=kept, days=days, cutoff=cutoff, due=due, done=done)

    @retrying
    async def _clear_some(self, actor: Actor, kept: RetentionClass, cutoff: datetime) -> int:
        async with self.uow.begin(actor.org_id) as unit:
            done = await unit.retention.clear(kept, cutoff, self.rules.chunk)
            if done:
                after = {"class": kept.value, "cutoff": cutoff.isoformat(), "done": done}
                await unit.audit.record(actor, "retention_cleanup", "retention_class", None, after=after)
        return done


@dataclass(frozen=True, slots=True)
class CleanUpNowHandler:
    """The same at once, for whoever asks; while the job is at it there is nothing to do."""

    uow: UnitOfWork
    locks: JobLocks
    clean_up: CleanUpHandler

    async def handle(self, actor: Actor, command: CleanUp) -> CleanUpReport:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            once = await unit.hold(actor.once, seconds=int(command.budget_seconds) + 10)
        report = CleanUpReport(dry_run=command.dry_run, is_running_elsewhere=True)
        async with self.locks.hold(JOB, actor.org_id) as held:
            if held:
                report = await self.clean_up.handle(actor, command)
        async with self.uow.begin(actor.org_id, once=once) as unit:
            await unit.seal(report)
        return report
