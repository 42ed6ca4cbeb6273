"""Mails to clients, sent anew."""

from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Response
from litestar.params import FromPath

from application.delivery.resend_email import (
    ResendEmail,
    ResendEmailHandler,
    ResendLastEmail,
    ResendLastEmailHandler,
    Resent,
)
from domain.delivery.outbox_event import EventStatus
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, EventId
from entrypoints.http.once import answer_once
from entrypoints.http.outbox_bodies import OUTBOX
from entrypoints.http.routes import KEY_REQUIRED, post

PROBLEMS = (
    "not_found",
    "nothing_to_resend",
    "message_outdated",
    "recipient_missing",
    "recipient_suppressed",
    KEY_REQUIRED,
)
QUEUED = "The new message, which says what is true today"


class ResentAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    status: EventStatus
    deduplicated: bool
    status_url: str
    email_type: str
    recipient: str
    resend_of: UUID


class ResentOfBookingAnswer(ResentAnswer, kw_only=True):
    booking_id: UUID


class ResendsController(Controller):
    path = "/v1/admin"
    tags = ["delivery"]

    @post(
        "/messaging/events/{event_id:uuid}/resend",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Send a mail to a client anew, to the address that is known today",
        success=QUEUED,
        problems=PROBLEMS,
        action="resend_email",
        status_code=202,
    )
    async def one(
        self, event_id: FromPath[UUID], actor: FromDishka[Actor], handler: FromDishka[ResendEmailHandler]
    ) -> Response[ResentAnswer]:
        """Mails to staff, and those with a one-time secret, are sent once."""
        return await answer_once(actor, handler, ResendEmail(EventId(event_id)), _queued)

    @post(
        "/bookings/{booking_id:uuid}/resend-last-email",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Send the newest mail about a visit to its client anew",
        success=QUEUED,
        problems=PROBLEMS,
        action="resend_email",
        status_code=202,
    )
    async def last(
        self,
        booking_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ResendLastEmailHandler],
    ) -> Response[ResentOfBookingAnswer]:
        return await answer_once(actor, handler, ResendLastEmail(BookingId(booking_id)), _queued_of_booking)


def _values(resent: Resent) -> dict[str, object]:
    return {
        "event_id": resent.event_id,
        "status": resent.status,
        "deduplicated": resent.is_known,
        "status_url": f"{OUTBOX}/{resent.event_id}",
        "email_type": resent.email_type,
        "recipient": resent.recipient,
        "resend_of": resent.resend_of,
    }


def _queued(resent: Resent) -> Response[ResentAnswer]:
    answer = msgspec.convert(_values(resent), ResentAnswer)
    return Response(answer, status_code=202, headers={"location": answer.status_url})


def _queued_of_booking(resent: Resent) -> Response[ResentOfBookingAnswer]:
    values = {**_values(resent), "booking_id": resent.booking_id}
    answer = msgspec.convert(values, ResentOfBookingAnswer)
    return Response(answer, status_code=202, headers={"location": answer.status_url})
