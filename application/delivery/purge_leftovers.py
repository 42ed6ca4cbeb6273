"""Remove what an organisation no longer needs to keep."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need

BATCH = 500


@dataclass(frozen=True, slots=True)
class PurgeLeftovers:
    """Of the actor's organisation."""


@dataclass(frozen=True, slots=True)
class PurgeLeftoversHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: PurgeLeftovers) -> int:
        """How many rows there were. Each batch is a transaction: a long list blocks nobody."""
        del command
        actor.require(Need.ADMIN)
        purged, last = 0, BATCH
        while last >= BATCH:
            async with self.uow.begin(actor.org_id) as unit:
                last = await unit.leftovers.purge(self.clock.now(), BATCH)
            purged += last
        return purged
