from dataclasses import dataclass

from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.pricing.audited import audited_add_on
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.pricing.add_on import AddOn
from domain.shared.ids import AddOnId


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAddOn:
    code: str
    name: str
    price_cents: int
    minutes: int
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class AddAddOnHandler:
    uow: UnitOfWork
    ids: Identifiers

    @retrying
    async def handle(self, actor: Actor, command: AddAddOn) -> AddOn:
        actor.require(Need.ADMIN)
        add_on = AddOn(
            id=AddOnId(self.ids.new()),
            code=command.code,
            name=command.name,
            price_cents=command.price_cents,
            minutes=command.minutes,
            is_active=command.is_active,
        )
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.add_ons.save(add_on)
            await unit.audit.record(actor, "addon_create", "addon", add_on.id, after=audited_add_on(add_on))
            await unit.seal(add_on)
        return add_on
