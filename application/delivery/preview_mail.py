"""The mails as they would read, of made-up values or of a record. Nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from application.booking.announcing import told_visit
from application.delivery.compose import Sender, letterhead, sender_name
from application.delivery.samples import sample_values
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.leads.making import told_price
from application.ports.templates import Rendered, Templates
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.delivery.faults import DeliveryFailed
from domain.identity.actor import Actor, Need
from domain.shared.errors import Invalid, NotFound
from domain.shared.ids import BookingId, LeadId
from domain.tenancy.org import OrgProfile

OF_LEADS = ("request_received", "lead_office_notice")
OF_VISITS = ("booking_", "nps_")
"""How their names begin."""


class TemplateContextMissing(Invalid):
    code = "template_context_missing"


@dataclass(frozen=True, slots=True)
class Preview:
    template: str
    scope: str
    sender: str
    rendered: Rendered
    source: Literal["sample", "record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMail:
    template: str
    lead_id: LeadId | None = None
    booking_id: BookingId | None = None
    invoice_id: UUID | None = None

    @property
    def names_a_record(self) -> bool:
        return any((self.lead_id, self.booking_id, self.invoice_id))


@dataclass(frozen=True, slots=True)
class ListTemplatesHandler:
    uow: UnitOfWork
    templates: Templates
    sender: Sender
    links: UnsubscribeLinks

    async def handle(self, actor: Actor) -> Sequence[Preview]:
        """By name, each with made-up values under the organisation's letterhead."""
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id) as unit:
            profile = await unit.org.get()
        return [
            _preview(self.templates, self.sender, self.links, profile, name, sample_values(name), "sample")
            for name in self.templates.names()
        ]


@dataclass(frozen=True, slots=True)
class PreviewMailHandler:
    uow: UnitOfWork
    templates: Templates
    sender: Sender
    links: UnsubscribeLinks

    @retrying
    async def handle(self, actor: Actor, command: PreviewMail) -> Preview:
        """Raises NotFound, and TemplateContextMissing for a record that does not fit the template."""
        actor.require(Need.DISPATCH)
        if command.template not in self.templates.names():
            raise Invalid.field("template", "is not the name of a template")
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            values = sample_values(command.template)
            if command.names_a_record:
                values = await _values_of(unit, command)
            source: Literal["sample", "record"] = "record" if command.names_a_record else "sample"
            profile = await unit.org.get()
            preview = _preview(
                self.templates, self.sender, self.links, profile, command.template, values, source
            )
            await unit.seal(preview)
        return preview


async def _values_of(unit: Unit, command: PreviewMail) -> Mapping[str, object]:
    if command.invoice_id is not None:
        raise NotFound("invoice_id")  # there are none yet
    lead = None if command.lead_id is None else await unit.leads.get(command.lead_id)
    booking = None if command.booking_id is None else await unit.bookings.get(command.booking_id)
    if command.template in OF_LEADS:
        if lead is None:
            raise TemplateContextMissing("This template is about a request: name its lead_id.")
        contact = {"name": lead.name, "phone": lead.phone, "email": lead.email}
        return {**contact, "postal_code": lead.details.postal_code, **told_price(lead)}
    if not command.template.startswith(OF_VISITS):
        raise TemplateContextMissing("This template is about a person's account: name no record.")
    if booking is None:
        raise TemplateContextMissing("This template is about a visit: name its booking_id.")
    values = await told_visit(unit, booking)
    if command.template == "booking_crew":
        if not booking.crew:
            raise TemplateContextMissing("This template is about a visit that has a crew.")
        values["name"] = (await unit.workers.get(booking.crew[0])).name
    return values


def _preview(
    templates: Templates,
    sender: Sender,
    links: UnsubscribeLinks,
    profile: OrgProfile,
    template: str,
    values: Mapping[str, object],
    source: Literal["sample", "record"],
) -> Preview:
    try:
        scope = templates.scope_of(template)
        paper = letterhead(profile, links.sample_url(scope))
        rendered = templates.render(template, values, paper)
    except DeliveryFailed as failed:
        raise TemplateContextMissing("The record lacks what this template says.") from failed
    named = f"{sender_name(sender, profile)} <{sender.address}>"
    return Preview(template, scope, named, rendered, source)
