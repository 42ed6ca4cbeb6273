from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from application.pricing.audited import audited_add_on
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.pricing.add_on import AddOn
from domain.shared.ids import AddOnId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAddOn:
    """What is None stays."""

    add_on_id: AddOnId
    name: str | None = None
    price_cents: int | None = None
    minutes: int | None = None
    is_active: bool | None = None
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ChangeAddOnHandler:
    uow: UnitOfWork

    @retrying
    async def handle(self, actor: Actor, command: ChangeAddOn) -> AddOn:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.add_ons.lock(command.add_on_id)
            must_match(before.version, command.expected_version)
            after = before.changed(
                name=command.name,
                price_cents=command.price_cents,
                minutes=command.minutes,
                is_active=command.is_active,
            )
            if after is not before:
                await unit.add_ons.save(after)
                await unit.audit.record(
                    actor,
                    "addon_update",
                    "addon",
                    after.id,
                    before=audited_add_on(before),
                    after=audited_add_on(after),
                )
            await unit.seal(after)
        return after
