"""The mails that bookings cause, enqueued in the transaction of the change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from application.ports.outbox import Message
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.visit import TimeSlot
from domain.identity.actor import Actor
from domain.leads.lead import Lead
from domain.scheduling.worker import Worker
from domain.shared.ids import WorkerId

TEMPLATE_OF = {"reminder": "booking_reminder_24h"}
OUTDATED_BY_MOVING = ("reminder", "rescheduled:", "pending", "confirmed")
OUTDATED_BY_ENDING = (*OUTDATED_BY_MOVING, "crew:")


def outdated_by_moving(old: TimeSlot, new: TimeSlot) -> tuple[str, ...]:
    """All that names another start. A reminder of one that stands does too, and none would take its place."""
    if old.starts_at != new.starts_at:
        return OUTDATED_BY_MOVING
    return ("rescheduled:",) if old.ends_at != new.ends_at else ()


async def tell_client(
    unit: Unit,
    actor: Actor,
    template: str,
    booking: Booking,
    *,
    key: str | None = None,
    expires_at: datetime | None = None,
) -> None:
    """To the lead's address; to nobody where there is none. `key` ends the dedupe key, if not the
    template's own name after `booking_`."""
    key = key or template.removeprefix("booking_")
    await tell_clients(unit, actor, template, [booking], key=lambda _: key, expires_at=lambda _: expires_at)


async def tell_clients(
    unit: Unit,
    actor: Actor,
    template: str,
    bookings: Sequence[Booking],
    *,
    key: Callable[[Booking], str] | None = None,
    expires_at: Callable[[Booking], datetime | None] | None = None,
) -> None:
    """As tell_client, of each of them."""
    leads = await unit.leads.find_many({booking.lead_id for booking in bookings if booking.lead_id})
    reached = [(b, lead) for b in bookings if b.lead_id and (lead := leads.get(b.lead_id)) and lead.email]
    if not reached:
        return
    timezone = (await unit.org.get()).timezone
    messages = [
        _message(
            template,
            booking,
            key(booking) if key else template.removeprefix("booking_"),
            {"to": lead.email, **_visit_values(timezone, booking), **_client_values(booking, lead)},
            expires_at(booking) if expires_at else None,
        )
        for booking, lead in reached
    ]
    await unit.outbox.add_many(messages, request_id=actor.request_id)


async def tell_office(unit: Unit, actor: Actor, booking: Booking, office_email: str | None) -> None:
    """That the public made a booking."""
    if not office_email:
        return
    timezone = (await unit.org.get()).timezone
    lead = await unit.leads.find(booking.lead_id) if booking.lead_id else None
    values = {
        "to": office_email,
        **_visit_values(timezone, booking),
        "status": booking.status.value,
        "name": lead.name if lead else None,
        "phone": lead.phone if lead else None,
        "email": lead.email if lead else None,
    }
    message = _message("booking_office_notice", booking, "office_notice", values)
    await unit.outbox.add(message, request_id=actor.request_id)


async def tell_crew(unit: Unit, actor: Actor, booking: Booking, workers: Iterable[WorkerId]) -> None:
    """Everyone whom a change of the crew concerns, whether they came or went."""
    await tell_crews(unit, actor, [(booking, workers)])


async def tell_crews(unit: Unit, actor: Actor, changed: Iterable[tuple[Booking, Iterable[WorkerId]]]) -> None:
    """As tell_crew, of each booking. What somebody was to be told of it before and was not is true no more,
    and messages keep no order."""
    concerned = [(booking, worker_id) for booking, workers in changed for worker_id in sorted(workers)]
    if not concerned:
        return
    known = {worker_id: await unit.workers.get(worker_id) for worker_id in {w for _, w in concerned}}
    timezone = (await unit.org.get()).timezone
    messages = [
        _message(
            "booking_crew",
            booking,
            f"crew:{worker_id}:{booking.version}",
            {"to": email, **_visit_values(timezone, booking), **_crew_values(booking, known[worker_id])},
        )
        for booking, worker_id in concerned
        if (email := known[worker_id].email)
    ]
    await unit.outbox.withdraw_many([f"booking:{booking.id}:crew:{who}:" for booking, who in concerned])
    await unit.outbox.add_many(messages, request_id=actor.request_id)


async def told_client(unit: Unit, booking: Booking, lead: Lead) -> dict[str, Any]:
    """All that a mail to the client says of the visit."""
    return {**_visit_values((await unit.org.get()).timezone, booking), **_client_values(booking, lead)}


async def told_visit(unit: Unit, booking: Booking) -> dict[str, Any]:
    """All that any mail about the visit says of it, whoever it is to."""
    lead = await unit.leads.find(booking.lead_id) if booking.lead_id else None
    about_client = _client_values(booking, lead) if lead else {}
    timezone = (await unit.org.get()).timezone
    return {
        **_visit_values(timezone, booking),
        **about_client,
        "status": booking.status.value,
        "phone": lead.phone if lead else None,
        "email": lead.email if lead else None,
        "assigned": True,
    }


async def withdraw(unit: Unit, booking: Booking, outdated: Iterable[str]) -> None:
    """What was not sent yet and is no longer true, sent anew by hand or not. It is not replayed either."""
    await withdraw_each(unit, [booking], outdated)


async def withdraw_each(unit: Unit, bookings: Iterable[Booking], outdated: Iterable[str]) -> None:
    """As withdraw, of each of them."""
    ids, parts = [booking.id for booking in bookings], tuple(outdated)
    if ids and parts:
        templates = [TEMPLATE_OF.get(part, f"booking_{part.rstrip(':')}") for part in parts]
        await unit.outbox.outdate([UUID(int=booking_id.int) for booking_id in ids], templates)
        await unit.outbox.withdraw_many(
            [f"booking:{booking_id}:{part}" for booking_id in ids for part in parts]
        )
        await unit.outbox.withdraw_resends([UUID(int=booking_id.int) for booking_id in ids], templates)


def _message(
    template: str,
    booking: Booking,
    key: str,
    values: Mapping[str, object],
    expires_at: datetime | None = None,
) -> Message:
    return Message(
        kind="email",
        event_type=template,
        dedupe_key=f"booking:{booking.id}:{key}",
        resource_type="booking",
        resource_id=UUID(int=booking.id.int),
        lead_id=booking.lead_id,
        payload=values,
        expires_at=expires_at,
    )


def _visit_values(timezone: str, booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": str(booking.id),
        "starts_at": _text(booking.slot.starts_at),
        "ends_at": _text(booking.slot.ends_at),
        "timezone": timezone,
        "service_type": booking.details.service_type,
        "address": booking.details.address,
    }


def _client_values(booking: Booking, lead: Lead) -> dict[str, Any]:
    outcome = booking.cancelled.outcome if booking.cancelled else None
    return {
        "name": lead.name,
        "currency": booking.currency,
        "total_cents": booking.total_cents,
        "deposit_cents": booking.deposit.cents,
        "deposit_status": booking.deposit.status.value,
        "expires_at": _text(booking.expires_at) if booking.expires_at else None,
        "deposit_refund_cents": outcome.deposit_refund_cents if outcome else None,
    }


def _crew_values(booking: Booking, worker: Worker) -> dict[str, Any]:
    return {"name": worker.name, "assigned": worker.id in booking.crew}


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
