"""Mails that cannot be composed, or end the process in which they are: each of them alone pays for it."""

from collections.abc import Mapping
from dataclasses import replace

from adapters.jinja.templates import JinjaTemplates
from application.delivery.email_channel import EmailChannel
from application.ports.carrier import CarrierLost, Receipt, Shipment
from application.ports.templates import Letterhead, Rendered
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.email_event import EmailStatus
from domain.delivery.outbox_event import EventStatus
from domain.shared.ids import OrgId
from tests.application.delivery.test_email_channel import JANE, deliver, email_of, enqueue
from tests.support.clock import FixedClock
from tests.support.delivery import event_of


class Deadly(JinjaTemplates):
    """What it composes ends the process."""

    def render(self, template: str, values: Mapping[str, object], letterhead: Letterhead) -> Rendered:
        del template, values, letterhead
        raise SystemExit


class Hearse:
    async def carry(self, shipment: Shipment) -> Receipt:
        del shipment
        raise CarrierLost


class Broken(JinjaTemplates):
    """For one recipient alone, as a bug would be."""

    def render(self, template: str, values: Mapping[str, object], letterhead: Letterhead) -> Rendered:
        if values["to"] == JANE:
            raise ZeroDivisionError
        return super().render(template, values, letterhead)


async def test_one_that_cannot_be_composed_costs_its_neighbours_nothing(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel
) -> None:
    broken, good = await enqueue(uow, an_org), await enqueue(uow, an_org, to="joe@example.com")
    await deliver(uow, clock, replace(channel, templates=Broken()))
    assert (await event_of(uow, an_org, good)).status is EventStatus.SENT
    event = await event_of(uow, an_org, broken)
    assert (event.status, event.last_error) == (EventStatus.RETRY, "connection_failed")


async def test_what_ended_its_carrier_is_composed_in_no_other_process(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel
) -> None:
    event_id = await enqueue(uow, an_org)
    await deliver(uow, clock, replace(channel, templates=Deadly()), Hearse(), max_attempts=2)
    event = await event_of(uow, an_org, event_id)
    assert (event.status, event.last_error, event.attempts) == (EventStatus.DEAD, "lost", 2)
    email = await email_of(uow, an_org, event_id)
    assert (email.status, email.subject) == (EmailStatus.DEAD, "")
