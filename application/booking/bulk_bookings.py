"""Many bookings at once. One transaction: each booking passes the guards of the single verb, one after the
other as asked, and what passed is written together, in a few statements however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from application.booking.bulk.calendar import BulkCalendar, its_fortnight
from application.booking.bulk.deeds import (
    AssignEach,
    BulkItem,
    BulkOutcome,
    BulkRefused,
    Change,
    ConfirmEach,
    Deed,
    SetTeamOfEach,
)
from application.booking.bulk.verbs import Verb, verb_of
from application.booking.crowd import Crowd
from application.booking.expiring import let_go
from application.booking.recording import record_changes
from application.booking.refused_time import VisitRefused, told_about
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.booking.refusals import BookingNotFound, SlotTaken
from domain.identity.actor import Actor, Need
from domain.scheduling.offers import Audience
from domain.shared.errors import Contended, DomainError
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
            run = _Run(unit, actor, now, verb_of(command.deed, unit, actor, now))
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


@dataclass(slots=True)
class _Run:
    """Bookings as they are by now, and what of it is not written yet."""

    unit: Unit
    actor: Actor
    now: datetime
    verb: Verb
    seen: dict[BookingId, Booking] = field(default_factory=dict)
    _current: dict[BookingId, Booking] = field(default_factory=dict)
    _pending: list[Change] = field(default_factory=list)

    async def all(self, booking_ids: tuple[BookingId, ...]) -> BulkOutcome:
        self.seen = await self.verb.lock(booking_ids)
        self._current = dict(self.seen)
        return BulkOutcome(tuple([await self._one(booking_id) for booking_id in booking_ids]))

    def undone(self, outcome: BulkOutcome) -> BulkOutcome:
        """The same findings; the bookings as they were before."""
        found = (replace(item, booking=self.seen.get(item.booking_id)) for item in outcome.items)
        return BulkOutcome(tuple(found))

    async def _one(self, booking_id: BookingId) -> BulkItem:
        before = self._current.get(booking_id)
        if before is None:
            return BulkItem(booking_id, None, BookingNotFound())
        if any(change.after.is_overdue(self.now) for change in self._pending):
            await self.flush()  # a hold that others may take must lie in the database where it lies by now
        try:
            decided = await self.verb.decide(before)
        except Contended:
            raise
        except DomainError as problem:
            return BulkItem(booking_id, before, problem)
        if decided.overdue:
            await self._let_go(decided.overdue)
        if decided.after is not before:
            self._pending.append(Change(before, decided.after))
            self._current[booking_id] = decided.after
            self.verb.took(decided.after)
        return BulkItem(booking_id, decided.after)

    async def _let_go(self, overdue: Sequence[Booking]) -> None:
        """Some of them may be asked about themselves, later on."""
        await self.flush()
        await let_go(self.unit, self.actor, overdue, self.now)
        for booking in overdue:
            if booking.id in self._current:
                self._current[booking.id] = booking.expire(self.now)

    async def flush(self) -> None:
        changes, self._pending = self._pending, []
        if changes:
            await self._save(changes)
        await self.verb.follow(changes)

    async def _save(self, changes: list[Change]) -> None:
        try:
            pairs = [(change.before, change.after) for change in changes]
            await record_changes(self.unit, self.actor, self.verb.audited_as, pairs, reason=self.verb.reason)
        except SlotTaken as taken:
            raise Contended("Others took the time meanwhile.", retry_after_seconds=1) from taken


async def explained(unit: Unit, outcome: BulkOutcome, now: datetime) -> BulkOutcome:
    """Of times that were refused: what is in the way, and what is free instead."""
    refused = {
        item.booking_id: item.problem.wanted
        for item in outcome.items
        if isinstance(item.problem, VisitRefused)
    }
    if not refused:
        return outcome
    calendar = BulkCalendar(now)
    concerned = [item.booking for item in outcome.items if item.booking and item.booking_id in refused]
    await calendar.read(unit, concerned, its_fortnight)

    def told(item: BulkItem) -> BulkItem:
        if item.booking is None or item.booking_id not in refused:
            return item
        facts = calendar.around(item.booking)
        members = told_about(facts, refused[item.booking_id], Audience.STAFF, now)
        return replace(item, problem=SlotTaken(members=members))

    return BulkOutcome(tuple(map(told, outcome.items)))
