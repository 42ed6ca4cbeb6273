from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.pricing.add_on import AddOn


@dataclass(frozen=True, slots=True)
class ListAddOns:
    active: bool | None
    after: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListAddOnsHandler:
    """By code; one more than `limit` tells that there are others."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListAddOns) -> list[AddOn]:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.add_ons.list_after(command.after, command.limit + 1, active=command.active)
