"""Many bookings at once. One transaction: each booking passes the guards of the single verb, one after the
other as asked, and what passed is written together, in a few statements however many there are."""

from dataclasses import dataclass

from application.booking.bulk.deeds import (
    AssignEach,
    BulkOutcome,
    BulkRefused,
    ConfirmEach,
    Deed,
    SetTeamOfEach,
)
from application.booking.bulk.explaining import explained
from application.booking.bulk.running import Run
from application.booking.bulk.verbs import verb_of
from application.booking.crowd import Crowd
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkBookings:
    """`atomic`: all or nothing. The ids are distinct."""

    booking_ids: tuple[BookingId, ...]
    deed: Deed
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class BulkBookingsHandler:
    uow: UnitOfWork
    clock: Clock
    crowd: Crowd

    async def handle(self, actor: Actor, command: BulkBookings) -> BulkOutcome:
        """Raises BulkRefused if it is atomic and one fails."""
        waives = isinstance(command.deed, ConfirmEach) and command.deed.waive_deposit_reason is not None
        actor.require(Need.ADMIN if waives else Need.DISPATCH)
        try:
            if not isinstance(command.deed, AssignEach | SetTeamOfEach):
                return await self._carry_out(actor, command)
            async with self.crowd.turn():
                return await self._carry_out(actor, command)
        except BulkRefused as refusal:
            raise await self._explained(actor, refusal) from None

    @retrying
    async def _carry_out(self, actor: Actor, command: BulkBookings) -> BulkOutcome:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            run = Run(unit, actor, now, verb_of(command.deed, unit, actor, now))
            outcome = await run.all(command.booking_ids)
            if command.atomic and outcome.failed:
                raise BulkRefused(run.undone(outcome))
            await run.flush()
            outcome = await explained(unit, outcome, now)
            await unit.seal(outcome)
            return outcome

    @retrying
    async def _explained(self, actor: Actor, refusal: BulkRefused) -> BulkRefused:
        """After what was refused is rolled back."""
        async with self.uow.begin(actor.org_id) as unit:
            return BulkRefused(await explained(unit, refusal.outcome, self.clock.now()))
