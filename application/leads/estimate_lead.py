from dataclasses import dataclass

from application.leads.making import audited
from application.leads.read_lead import LeadView, view_of
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.pricing.prices import estimate_today
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.errors import Invalid
from domain.shared.ids import LeadId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True)
class EstimateLead:
    lead_id: LeadId
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class EstimateLeadHandler:
    """Anew by today's price book. Bookings made earlier keep their own copy."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: EstimateLead) -> LeadView:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.leads.lock(command.lead_id)
            must_match(before.version, command.expected_version)
            if before.home is None:
                raise Invalid.field("home", "is not known of this lead: give it first")
            estimate = await estimate_today(unit, before.home, pointer="home")
            after = before.estimated(estimate, self.clock.now())
            if after is not before:
                await unit.leads.save(after)
                await unit.audit.record(
                    actor, "lead_estimate", "lead", after.id, before=audited(before), after=audited(after)
                )
            view = await view_of(unit, after)
            await unit.seal(view)
        return view
