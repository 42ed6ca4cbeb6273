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
        give_up_at = time.monotonic() + command.budget_seconds
        expired, batch = 0, BATCH
        while batch == BATCH and time.monotonic() < give_up_at:
            batch = await self._expire_some(actor)
            expired += batch
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            report = ExpiryReport(expired, await unit.bookings.count_overdue(self.clock.now()))
            await unit.seal(report)
            return report

    @retrying
    async def _expire_some(self, actor: Actor) -> int:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            overdue = await unit.bookings.claim_overdue(now, BATCH)
            await let_go(unit, actor, overdue, now)
        return len(overdue)
