from dataclasses import dataclass

from application.booking.completing import complete
from application.booking.finishing_work import finish_open_work
from application.booking.shown_booking import ShownBooking, shown
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteBooking:
    """How long it took is the clocks' to say, where any ran. `finish_open_work` stops those that are open."""

    booking_id: BookingId
    actual_duration_minutes: int | None = None
    finish_open_work: bool = False
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class CompleteBookingHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: CompleteBooking) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            now = self.clock.now()
            booking = await unit.bookings.lock(command.booking_id)
            must_match(booking.version, command.expected_version)
            if command.finish_open_work:
                booking = await finish_open_work(unit, actor, booking, now)
            minutes = command.actual_duration_minutes
            done = await complete(unit, actor, booking, now, actual_duration_minutes=minutes)
            answer = await shown(unit, done)
            await unit.seal(answer)
            return answer
