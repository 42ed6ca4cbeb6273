from dataclasses import dataclass

from application.booking.announcing import OUTDATED_BY_ENDING, tell_client, withdraw
from application.booking.lead_moves import leads_lost_bookings
from application.booking.recording import record_change
from application.booking.shown_booking import ShownBooking, shown
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.booking.booking import CancelledBy
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBooking:
    """`note` is for the audit log, beside the reason's code."""

    booking_id: BookingId
    reason_code: str
    by: CancelledBy = CancelledBy.OFFICE
    note: str | None = None
    notify: bool = True
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class CancelBookingHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: CancelBooking) -> ShownBooking:
        actor.require(Need.DISPATCH)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            booking = await unit.bookings.lock(command.booking_id)
            must_match(booking.version, command.expected_version)
            cancelled = booking.cancel(now, by=command.by, reason=command.reason_code)
            if cancelled is not booking:
                await record_change(unit, actor, "booking_cancel", booking, cancelled, reason=command.note)
                await leads_lost_bookings(unit, [cancelled.lead_id], now)
                await withdraw(unit, cancelled, OUTDATED_BY_ENDING)
                if command.notify:
                    await tell_client(unit, actor, "booking_cancelled", cancelled)
            answer = await shown(unit, cancelled)
            await unit.seal(answer)
            return answer
