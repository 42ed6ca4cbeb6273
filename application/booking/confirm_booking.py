from dataclasses import dataclass

from application.booking.announcing import tell_client, withdraw
from application.booking.recording import record_change
from application.booking.shown_booking import ShownBooking, shown
from application.leads.crediting import lead_was_booked
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBooking:
    """A reason to waive an unpaid deposit is an administrator's to give."""

    booking_id: BookingId
    waive_deposit_reason: str | None = None
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ConfirmBookingHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ConfirmBooking) -> ShownBooking:
        waives = command.waive_deposit_reason is not None
        actor.require(Need.ADMIN if waives else Need.DISPATCH)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            booking = await unit.bookings.lock(command.booking_id)
            must_match(booking.version, command.expected_version)
            confirmed = booking.confirm(now, waive_deposit=waives)
            if confirmed is not booking:
                await record_change(
                    unit, actor, "booking_confirm", booking, confirmed, reason=command.waive_deposit_reason
                )
                if confirmed.lead_id:
                    await lead_was_booked(unit, confirmed.lead_id, now)
                await withdraw(unit, confirmed, ["pending"])
                await tell_client(unit, actor, "booking_confirmed", confirmed)
            answer = await shown(unit, confirmed)
            await unit.seal(answer)
            return answer
