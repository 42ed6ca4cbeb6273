"""A mail to a client is sent anew: a new message with today's facts, to the address that is known today."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.booking.announcing import told_client
from application.delivery.suppressed import EMAIL, SuppressedRecipients
from application.leads.making import told_request
from application.ports.clock import Clock
from application.ports.emails import EmailFilter
from application.ports.outbox import Message
from application.ports.outbox_views import MessageFilter
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.delivery.email_event import EmailEvent, EmailStatus
from domain.delivery.outbox_event import EventStatus
from domain.delivery.resending import (
    OF_REQUEST,
    OF_VISITS,
    MessageOutdated,
    NothingToResend,
    RecipientMissing,
    RecipientSuppressed,
    can_be_resent,
)
from domain.identity.actor import Actor, Need
from domain.identity.errors import IdempotencyKeyRequired
from domain.leads.lead import Lead
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, EventId

LATEST = 100
"""A booking has fewer mails; of more the older ones are not looked through."""


@dataclass(frozen=True, slots=True)
class ResendEmail:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class ResendLastEmail:
    booking_id: BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """`is_known`: the same request had queued it before."""

    event_id: EventId
    status: EventStatus
    is_known: bool
    email_type: str
    recipient: str
    resend_of: EventId
    booking_id: BookingId | None


@dataclass(frozen=True, slots=True)
class Resending:
    """What both ways share, inside their transaction."""

    clock: Clock
    suppressed: SuppressedRecipients

    async def queue(self, unit: Unit, actor: Actor, email: EmailEvent) -> Resent:
        """Raises MessageOutdated, RecipientMissing, RecipientSuppressed."""
        if email.status is EmailStatus.WITHDRAWN:
            raise MessageOutdated("What it said was no longer true before it could leave.")
        booking, lead = await _about(unit, email)
        expires_at = None if booking is None else _still_true(email, booking, self.clock.now())
        if lead is None or not lead.email:
            raise RecipientMissing
        if (held := await self.suppressed.find(unit, email.email_type, lead.email)) is not None:
            raise RecipientSuppressed(held.reason)
        values = told_request(lead) if booking is None else await told_client(unit, booking, lead)
        return await _enqueued(unit, actor, email, lead, {**values, "to": lead.email}, expires_at)


@dataclass(frozen=True, slots=True)
class ResendEmailHandler:
    uow: UnitOfWork
    resending: Resending

    @retrying
    async def handle(self, actor: Actor, command: ResendEmail) -> Resent:
        """Raises NotFound, NothingToResend and what `Resending.queue` raises."""
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            email = await unit.emails.find(command.event_id)
            if email is None:
                raise NotFound("event_id")
            if not can_be_resent(email.email_type):
                raise NothingToResend
            resent = await self.resending.queue(unit, actor, email)
            await _audit(unit, actor, "messaging_resend_email", "email_event", command.event_id, resent)
            await unit.seal(resent)
        return resent


@dataclass(frozen=True, slots=True)
class ResendLastEmailHandler:
    """The newest mail that its client was sent about the visit."""

    uow: UnitOfWork
    resending: Resending

    @retrying
    async def handle(self, actor: Actor, command: ResendLastEmail) -> Resent:
        """As ResendEmailHandler; NothingToResend if the client was sent none."""
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            booking = await unit.bookings.get(command.booking_id)
            emails = await unit.emails.list_page(EmailFilter(booking_id=booking.id), None, LATEST)
            sent = (each for each in emails if each.status is not EmailStatus.WITHDRAWN)
            email = next((each for each in sent if can_be_resent(each.email_type)), None)
            if email is None:
                raise NothingToResend
            resent = await self.resending.queue(unit, actor, email)
            await _audit(unit, actor, "booking_resend_email", "booking", booking.id, resent)
            await unit.seal(resent)
        return resent


async def _about(unit: Unit, email: EmailEvent) -> tuple[Booking | None, Lead | None]:
    if email.email_type == OF_REQUEST:
        return None, await unit.leads.find(email.lead_id) if email.lead_id else None
    if email.booking_id is None:
        raise NothingToResend
    booking = await unit.bookings.lock(
        email.booking_id
    )  # whoever cancels or moves it withdraws ours, or waits
    return booking, await unit.leads.find(booking.lead_id) if booking.lead_id else None


def _still_true(email: EmailEvent, booking: Booking, now: datetime) -> datetime | None:
    """When it will be pointless. Raises MessageOutdated if it is."""
    wanted = OF_VISITS[email.email_type]
    if booking.status not in wanted.statuses:
        raise MessageOutdated(f"The visit is {booking.status} by now.")
    ends = {"start": booking.slot.starts_at, "end": booking.slot.ends_at}.get(wanted.until)
    if ends is not None and ends <= now:
        raise MessageOutdated("The visit is over.")
    return ends


async def _enqueued(
    unit: Unit,
    actor: Actor,
    email: EmailEvent,
    lead: Lead,
    payload: dict[str, Any],
    expires_at: datetime | None,
) -> Resent:
    if actor.once is None:
        raise IdempotencyKeyRequired
    is_request = email.email_type == OF_REQUEST
    key = hashlib.sha256(actor.once.key.encode()).hexdigest()
    message = Message(
        kind=EMAIL,
        event_type=email.email_type,
        dedupe_key=f"resend:{email.event_id}:{key}",
        resource_type="lead" if is_request else "booking",
        resource_id=email.lead_id if is_request else email.booking_id,
        lead_id=lead.id,
        payload=payload,
        expires_at=expires_at,
        resend_of=email.event_id,
    )
    known = await unit.outbox_views.list_page(MessageFilter(dedupe_key=message.dedupe_key), None, 1)
    event_id = await unit.outbox.add(message, request_id=actor.request_id)
    return Resent(
        event_id=event_id,
        status=known[0].status if known else EventStatus.PENDING,
        is_known=bool(known),
        email_type=email.email_type,
        recipient=payload["to"],
        resend_of=email.event_id,
        booking_id=email.booking_id,
    )


async def _audit(
    unit: Unit,
    actor: Actor,
    action: str,
    resource_type: str,
    resource_id: EventId | BookingId,
    resent: Resent,
) -> None:
    after = {
        "event_id": str(resent.event_id),
        "email_type": resent.email_type,
        "resend_of": str(resent.resend_of),
    }
    await unit.audit.record(actor, action, resource_type, resource_id, after=after)
