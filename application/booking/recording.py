"""What is written down with every new or changed booking."""

from collections.abc import Sequence
from datetime import datetime

from application.booking.announcing import tell_client
from application.leads.crediting import lead_was_booked
from application.ports.audit import AuditedChange
from application.ports.measures import Figure
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.identity.actor import Actor


async def record_new(unit: Unit, actor: Actor, booking: Booking, now: datetime) -> None:
    """Save it, move its lead, tell the client, count and audit it."""
    await unit.bookings.save(booking)
    if booking.confirmed_at and booking.lead_id:
        await lead_was_booked(unit, booking.lead_id, now)
    template = "booking_confirmed" if booking.confirmed_at else "booking_pending"
    await tell_client(unit, actor, template, booking)
    await unit.usage.record("booking_created", 1, booking.id)
    await unit.audit.record(actor, "booking_create", "booking", booking.id, after=audited(booking))
    count(unit, "booking_create")


async def record_change(
    unit: Unit, actor: Actor, action: str, before: Booking, after: Booking, *, reason: str | None = None
) -> None:
    """Save it, and audit what differs."""
    await record_changes(unit, actor, action, [(before, after)], reason=reason)


async def record_changes(
    unit: Unit,
    actor: Actor,
    action: str,
    changes: Sequence[tuple[Booking, Booking]],
    *,
    reason: str | None = None,
) -> None:
    """Each booking before and after it; saved in this order."""
    await unit.bookings.save_many([after for _, after in changes])
    left = {before.slot.team_id for before, after in changes if before.slot.team_id != after.slot.team_id}
    if left:
        await unit.teams.remember(left)
    rows = [_audited_change(before, after) for before, after in changes]
    await unit.audit.record_many(actor, action, "booking", rows, reason=reason)
    count(unit, action, len(changes))


def _audited_change(before: Booking, after: Booking) -> AuditedChange:
    old, new = audited(before), audited(after)
    differing = [field for field in new if old[field] != new[field]]
    return AuditedChange(
        after.id,
        {field: old[field] for field in differing},
        {field: new[field] for field in differing},
    )


def count(unit: Unit, action: str, times: int = 1) -> None:
    """As the audit log calls it, without saying again that it is about a booking."""
    unit.counts.add(Figure.BOOKINGS, action.removeprefix("booking_"), amount=times)


def audited(booking: Booking) -> dict[str, object]:
    """What an audit row keeps of a booking: facts about the visit, nothing about persons."""
    slot, cancelled = booking.slot, booking.cancelled
    return {
        "status": booking.status.value,
        "source": booking.source.value,
        "lead_id": str(booking.lead_id) if booking.lead_id else None,
        "team_id": str(slot.team_id),
        "worker_ids": [str(worker_id) for worker_id in booking.crew],
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "service_type": booking.details.service_type,
        "add_ons": {line.code: line.qty for line in booking.add_ons},
        "deposit_required": booking.deposit.required,
        "deposit_cents": booking.deposit.cents,
        "deposit_status": booking.deposit.status.value,
        "actual_duration_minutes": booking.actual_duration_minutes,
        "risk_band": booking.risk.band.value,
        "cancellation_exception": booking.cancellation_exception,
        "cancelled_by": cancelled.by.value if cancelled else None,
        "cancel_reason": cancelled.reason if cancelled else None,
        "version": booking.version,
    }
