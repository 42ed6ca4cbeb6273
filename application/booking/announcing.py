"""The mails that bookings cause, enqueued in the transaction of the change."""

from collections.abc import Iterable, Mapping
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

OUTDATED_BY_ENDING = ("reminder", "rescheduled:", "pending", "confirmed")


def outdated_by_moving(old: TimeSlot, new: TimeSlot) -> tuple[str, ...]:
    """A reminder is of a start: while that stands it stands, and none would take its place."""
    if old.starts_at != new.starts_at:
        return ("reminder", "rescheduled:")
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
    lead = await unit.leads.find(booking.lead_id) if booking.lead_id else None
    if lead is None or not lead.email:
        return
    values = {"to": lead.email, **await _visit_values(unit, booking), **_client_values(booking, lead)}
    key = key or template.removeprefix("booking_")
    await _enqueue(unit, actor, template, booking, key, values, expires_at)


async def tell_office(unit: Unit, actor: Actor, booking: Booking, office_email: str | None) -> None:
    """That the public made a booking."""
    if not office_email:
        return
    lead = await unit.leads.find(booking.lead_id) if booking.lead_id else None
    values = {
        "to": office_email,
        **await _visit_values(unit, booking),
        "status": booking.status.value,
        "name": lead.name if lead else None,
        "phone": lead.phone if lead else None,
        "email": lead.email if lead else None,
    }
    await _enqueue(unit, actor, "booking_office_notice", booking, "office_notice", values)


async def tell_crew(unit: Unit, actor: Actor, booking: Booking, workers: Iterable[WorkerId]) -> None:
    """Everyone whom a change of the crew concerns, whether they came or went."""
    visit = await _visit_values(unit, booking)
    for worker_id in sorted(workers):
        worker = await unit.workers.get(worker_id)
        if worker.email:
            values = {"to": worker.email, **visit, **_crew_values(booking, worker)}
            key = f"crew:{worker_id}:{booking.version}"
            await _enqueue(unit, actor, "booking_crew", booking, key, values)


async def told_visit(unit: Unit, booking: Booking) -> dict[str, Any]:
    """All that any mail about the visit says of it, whoever it is to."""
    lead = await unit.leads.find(booking.lead_id) if booking.lead_id else None
    about_client = _client_values(booking, lead) if lead else {}
    return {
        **await _visit_values(unit, booking),
        **about_client,
        "status": booking.status.value,
        "phone": lead.phone if lead else None,
        "email": lead.email if lead else None,
        "assigned": True,
    }


async def withdraw(unit: Unit, booking: Booking, outdated: Iterable[str]) -> None:
    """What was not sent yet and is no longer true."""
    for part in outdated:
        await unit.outbox.withdraw(f"booking:{booking.id}:{part}")


async def _enqueue(
    unit: Unit,
    actor: Actor,
    template: str,
    booking: Booking,
    key: str,
    values: Mapping[str, object],
    expires_at: datetime | None = None,
) -> None:
    message = Message(
        kind="email",
        event_type=template,
        dedupe_key=f"booking:{booking.id}:{key}",
        resource_type="booking",
        resource_id=UUID(int=booking.id.int),
        payload=values,
        expires_at=expires_at,
    )
    await unit.outbox.add(message, request_id=actor.request_id)


async def _visit_values(unit: Unit, booking: Booking) -> dict[str, Any]:
    profile = await unit.org.get()
    return {
        "booking_id": str(booking.id),
        "starts_at": _text(booking.slot.starts_at),
        "ends_at": _text(booking.slot.ends_at),
        "timezone": profile.timezone,
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
