"""A visit is done, however that became known."""

from datetime import datetime

from application.booking.announcing import OUTDATED_BY_ENDING, tell_client, withdraw
from application.booking.lead_moves import leads_lost_bookings
from application.booking.recording import record_change
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.identity.actor import Actor


async def complete(
    unit: Unit, actor: Actor, booking: Booking, now: datetime, *, actual_duration_minutes: int | None = None
) -> Booking:
    """Of a locked booking; one that is done already stays as it is. The client is thanked and asked once.

    Raises BookingMoveRefused, WorkInProgress, and Invalid where nobody knows how long it took."""
    done = booking.complete(now, actual_duration_minutes=actual_duration_minutes)
    if done is booking:
        return booking
    await record_change(unit, actor, "booking_complete", booking, done)
    await leads_lost_bookings(unit, [done.lead_id], now)
    await withdraw(unit, done, OUTDATED_BY_ENDING)
    await tell_client(unit, actor, "booking_completed", done)
    await tell_client(unit, actor, "nps_survey", done, key="nps")
    return done
