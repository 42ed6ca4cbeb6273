from dataclasses import dataclass

from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.actor import Actor, Need
from domain.leads.lead import Lead
from domain.shared.ids import BookingId, LeadId


@dataclass(frozen=True, slots=True)
class LeadView:
    lead: Lead
    booking_ids: tuple[BookingId, ...] = ()


async def view_of(unit: Unit, lead: Lead) -> LeadView:
    found = await unit.leads.booking_ids([lead.id])
    return LeadView(lead, found.get(lead.id, ()))


@dataclass(frozen=True, slots=True)
class ReadLead:
    lead_id: LeadId


@dataclass(frozen=True, slots=True)
class ReadLeadHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadLead) -> LeadView:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return await view_of(unit, await unit.leads.get(command.lead_id))
