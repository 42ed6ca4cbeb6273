from dataclasses import dataclass

from application.photos.reach import lock_reach
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.booking.photo_consent import PhotoConsent
from domain.identity.actor import Actor
from domain.shared.ids import BookingId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent:
    order_id: BookingId
    given: bool
    note: str | None = None
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class RecordConsentHandler:
    """Withdrawing stops uploads and hides what clients saw; it deletes nothing."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: RecordConsent) -> Booking:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            reached = await lock_reach(unit, actor, command.order_id)
            booking = reached.booking
            must_match(booking.version, command.expected_version)
            record = PhotoConsent(set_by=reached.reader.name, set_at=self.clock.now(), note=command.note)
            said = booking.consent_to_photos(given=command.given, record=record)
            if said is not booking:
                await unit.bookings.save(said)
                await unit.audit.record(
                    actor,
                    "photo_consent",
                    "booking",
                    said.id,
                    before={"consent_photos": booking.consent_photos},
                    after={"consent_photos": said.consent_photos},
                    reason=command.note,
                )
            await unit.seal(said)
            return said
