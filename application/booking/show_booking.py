from dataclasses import dataclass

from application.booking.shown_booking import ShownBooking, shown
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True)
class ShowBooking:
    booking_id: BookingId


@dataclass(frozen=True, slots=True)
class ShowBookingHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, query: ShowBooking) -> ShownBooking:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return await shown(unit, await unit.bookings.get(query.booking_id))
