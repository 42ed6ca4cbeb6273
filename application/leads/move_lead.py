from dataclasses import dataclass

from application.leads.read_lead import LeadView, view_of
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.leads.lead_status import LeadStatus
from domain.shared.ids import LeadId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True)
class MoveLead:
    lead_id: LeadId
    status: LeadStatus
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class MoveLeadHandler:
    """By a person's hand. Where the lead is already, nothing happens."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: MoveLead) -> LeadView:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.leads.lock(command.lead_id)
            must_match(before.version, command.expected_version)
            after = before.moved(command.status, self.clock.now())
            if after is not before:
                await unit.leads.save(after)
                await unit.audit.record(
                    actor,
                    "lead_status_update",
                    "lead",
                    after.id,
                    before={"status": before.status.value},
                    after={"status": after.status.value},
                )
            view = await view_of(unit, after)
            await unit.seal(view)
        return view
