"""The mails of an organisation: to whom, about what, and what became of each."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromQuery

from application.delivery.list_emails import ListEmails, ListEmailsHandler
from application.ports.emails import EmailFilter, EmailPosition
from domain.delivery.email_event import EmailEvent, EmailStatus
from domain.delivery.resending import can_be_resent
from domain.identity.actor import Actor, Need, Role
from domain.shared.ids import BookingId, EventId, LeadId
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.masking import masked_email
from entrypoints.http.outbox_bodies import OUTBOX
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class EmailAnswer(msgspec.Struct, kw_only=True):
    """Until a mail leaves, `subject` and `template_version` are those it would have by now: empty and 0 of
    one that cannot be composed. `recipient` and `subject` are null once they are past their retention."""

    event_id: UUID
    email_type: str
    template_version: int
    lead_id: UUID | None
    booking_id: UUID | None
    invoice_id: UUID | None
    recipient: str | None
    subject: str | None
    status: EmailStatus
    provider_message_id: str | None
    resend_of: UUID | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    bounced_at: datetime | None
    actions: list[ActionAnswer]


def email_answer(email: EmailEvent, reader: Actor) -> EmailAnswer:
    values = msgspec.to_builtins(email)
    if not email.recipient:
        values |= {"recipient": None, "subject": None}
    elif reader.role is Role.VIEWER:
        values["recipient"] = masked_email(email.recipient)
    return msgspec.convert({**values, "actions": list(_actions(email, reader))}, EmailAnswer)


def _actions(email: EmailEvent, reader: Actor) -> Iterator[ActionAnswer]:
    yield ActionAnswer("show", "GET", f"{OUTBOX}/{email.event_id}")
    is_true = email.status is not EmailStatus.WITHDRAWN
    if is_true and can_be_resent(email.email_type) and reader.may(Need.DISPATCH):
        yield ActionAnswer("resend", "POST", f"/v1/admin/messaging/events/{email.event_id}/resend")


class MessagingController(Controller):
    path = "/v1/admin/messaging"
    tags = ["delivery"]

    @get("/events", need=Need.VIEW, admin_route=True, summary="Mails, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListEmailsHandler],
        booking_id: FromQuery[UUID | None] = None,
        invoice_id: FromQuery[UUID | None] = None,
        lead_id: FromQuery[UUID | None] = None,
        email_type: FromQuery[Word | None] = None,
        status: FromQuery[EmailStatus | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[EmailAnswer]:
        wanted = EmailFilter(
            booking_id=None if booking_id is None else BookingId(booking_id),
            invoice_id=invoice_id,
            lead_id=None if lead_id is None else LeadId(lead_id),
            email_type=email_type,
            status=status,
        )
        place = read_instant_place(cursor, of="emails")
        after = None if place is None else EmailPosition(place[0], EventId(place[1]))
        page = await handler.handle(actor, ListEmails(wanted, after, limit))
        following = None if page.next is None else (page.next.created_at, page.next.event_id)
        items = [email_answer(email, actor) for email in page.emails]
        return Page(items, write_instant_place(following, of="emails"))
