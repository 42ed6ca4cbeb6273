"""Letting go of holds that were never paid for, wherever they are met."""

from collections.abc import Sequence
from datetime import datetime

from application.booking.announcing import OUTDATED_BY_ENDING, tell_client, withdraw
from application.booking.lead_moves import leads_lost_bookings
from application.booking.recording import count
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.identity.actor import Actor, ActorKind


async def let_go(unit: Unit, actor: Actor, overdue: Sequence[Booking], now: datetime) -> None:
    """Expire locked bookings, with all that follows. It is the system's doing, whoever came across them."""
    if not overdue:
        return
    system = Actor(org_id=actor.org_id, kind=ActorKind.JOB, name="system", request_id=actor.request_id)
    for booking in overdue:
        await _expire(unit, system, booking, now)
    await leads_lost_bookings(unit, (booking.lead_id for booking in overdue), now)


async def _expire(unit: Unit, system: Actor, booking: Booking, now: datetime) -> None:
    expired = booking.expire(now)
    await unit.bookings.save(expired)
    await withdraw(unit, expired, OUTDATED_BY_ENDING)
    await tell_client(unit, system, "booking_expired", expired)
    await unit.audit.record(
        system,
        "booking_expire",
        "booking",
        booking.id,
        before={"status": booking.status.value},
        after={"status": expired.status.value},
    )
    count(unit, "booking_expire")
