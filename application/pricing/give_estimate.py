from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from application.pricing.prices import estimate_today
from domain.identity.actor import Actor, Need
from domain.shared.estimate import Estimate, Home


@dataclass(frozen=True, slots=True)
class GiveEstimate:
    home: Home


@dataclass(frozen=True, slots=True)
class GiveEstimateHandler:
    """What it would cost. Stores nothing."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, command: GiveEstimate) -> Estimate:
        actor.require(Need.PUBLIC)
        async with self.uow.begin(actor.org_id) as unit:
            return await estimate_today(unit, command.home)
