from dataclasses import dataclass

from application.ports.booking_views import BookingPeople
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking


@dataclass(frozen=True, slots=True)
class ShownBooking:
    """A booking with the names around it, as it stood in the transaction that answers."""

    booking: Booking
    people: BookingPeople
    timezone: str


async def shown(unit: Unit, booking: Booking) -> ShownBooking:
    profile = await unit.org.get()
    return ShownBooking(booking, await unit.bookings.people(booking.id), profile.timezone)
