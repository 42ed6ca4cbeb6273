"""Remind clients of visits a day before: once for each booking and start, whoever looks, however often."""

import time
from dataclasses import dataclass

from application.booking.announcing import tell_client
from application.ports.clock import Clock
from application.ports.job_locks import JobLocks
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.booking.reminder import reminder_key
from domain.identity.actor import Actor, Need

JOB = "booking-reminders"
BATCH = 200


@dataclass(frozen=True, slots=True)
class RemindClients:
    """Of the actor's organisation, for at most so long."""

    budget_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class ReminderReport:
    """`skipped` are near visits whose client has no address."""

    queued: int = 0
    skipped: int = 0
    is_done: bool = True
    is_running_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class RemindClientsHandler:
    """For a job, which holds the organisation's lock itself."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: RemindClients) -> ReminderReport:
        actor.require(Need.DISPATCH)
        return await _remind_all(self.uow, self.clock, actor, time.monotonic() + command.budget_seconds)


@dataclass(frozen=True, slots=True)
class ScanForMailHandler:
    """The same at once, for whoever asks; while the job is at it there is nothing to do."""

    uow: UnitOfWork
    clock: Clock
    locks: JobLocks

    async def handle(self, actor: Actor, command: RemindClients) -> ReminderReport:
        actor.require(Need.DISPATCH)
        report = ReminderReport(is_running_elsewhere=True)
        async with self.locks.hold(JOB, actor.org_id) as held:
            if held:
                give_up_at = time.monotonic() + command.budget_seconds
                report = await _remind_all(self.uow, self.clock, actor, give_up_at)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.seal(report)
        return report


async def _remind_all(uow: UnitOfWork, clock: Clock, actor: Actor, give_up_at: float) -> ReminderReport:
    """Batch after batch, each a transaction of its own, until none is left or the time is up."""
    queued, batch = 0, BATCH
    while batch == BATCH and time.monotonic() < give_up_at:
        batch = await _remind_some(uow, clock, actor)
        queued += batch
    async with uow.begin(actor.org_id) as unit:
        skipped = await unit.reminders.count_unreachable(clock.now())
    return ReminderReport(queued=queued, skipped=skipped, is_done=batch < BATCH)


@retrying
async def _remind_some(uow: UnitOfWork, clock: Clock, actor: Actor) -> int:
    async with uow.begin(actor.org_id) as unit:
        near = await unit.reminders.claim(clock.now(), BATCH)
        for booking in near:
            await tell_client(
                unit,
                actor,
                "booking_reminder_24h",
                booking,
                key=reminder_key(booking),
                expires_at=booking.slot.starts_at,
            )
    return len(near)
