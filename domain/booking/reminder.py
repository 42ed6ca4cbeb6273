"""When a client is reminded of a visit, and under which name, so that it happens once for each start."""

from datetime import UTC, datetime, timedelta

from domain.booking.booking import Booking, BookingStatus

AHEAD = timedelta(hours=24)
"""Elapsed time, so that a day on which the clocks change is no shorter or longer than others."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_near(booking: Booking, now: datetime) -> bool:
    """A confirmed visit that begins within a day and has not begun."""
    starts_at = booking.slot.starts_at
    return booking.status is BookingStatus.CONFIRMED and now < starts_at <= now + AHEAD


def reminder_key(booking: Booking) -> str:
    """What follows `booking:{id}:` in the dedupe key."""
    return f"reminder_24h:{(booking.slot.starts_at - _EPOCH) // timedelta(seconds=1)}"
