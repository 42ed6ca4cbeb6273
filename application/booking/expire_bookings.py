"""Cancel holds that were not paid for in time, some at a time, beside any number of others at it."""

import time
from dataclasses import dataclass

from application.booking.expiring import let_go
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need

BATCH = 200


@dataclass(frozen=True, slots=True)
class ExpireBookings:
    """Of the actor's organisation, for at most so long."""

    budget_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class ExpiryReport:
    """`remaining` are overdue still: time ran out, or others are at them."""

    expired: int
    remaining: int

    @property
    def is_done(self) -> bool:
        return self.remaining == 0


@dataclass(frozen=True, slots=True)
class ExpireBookingsHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: ExpireBookings) -> ExpiryReport:
        actor.require(Need.ADMIN)
        expired = await _expire_all(self.uow, self.clock, actor, time.monotonic() + command.budget_seconds)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            report = ExpiryReport(expired, await unit.bookings.count_overdue(self.clock.now()))
            await unit.seal(report)
            return report


async def _expire_all(uow: UnitOfWork, clock: Clock, actor: Actor, give_up_at: float) -> int:
    """Batch after batch, each a transaction of its own, until none is left or the time is up."""
    expired, batch = 0, BATCH
    while batch == BATCH and time.monotonic() < give_up_at:
        batch = await _expire_some(uow, clock, actor)
        expired += batch
    return expired


@retrying
async def _expire_some(uow: UnitOfWork, clock: Clock, actor: Actor) -> int:
    now = clock.now()
    async with uow.begin(actor.org_id) as unit:
        overdue = await unit.bookings.claim_overdue(now, BATCH)
        await let_go(unit, actor, overdue, now)
    return len(overdue)
