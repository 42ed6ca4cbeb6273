from collections.abc import Mapping
from dataclasses import dataclass, replace

from application.booking.draft import require_service
from application.booking.recording import record_change
from application.booking.shown_booking import ShownBooking, shown
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class EditBooking:
    """`changes` names address, access_notes, notes or service_type; None clears. What is absent stays."""

    booking_id: BookingId
    changes: Mapping[str, str | None]
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class EditBookingHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: EditBooking) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            booking = await unit.bookings.lock(command.booking_id)
            must_match(booking.version, command.expected_version)
            details = replace(booking.details, **command.changes)
            if details.service_type and details.service_type != booking.details.service_type:
                require_service(await unit.price_books.active(), details.service_type)
            edited = booking.edit(self.clock.now(), details)
            if edited is not booking:
                await record_change(unit, actor, "booking_update", booking, edited)
            answer = await shown(unit, edited)
            await unit.seal(answer)
            return answer
