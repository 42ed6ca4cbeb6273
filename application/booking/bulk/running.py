"""One booking after the other, as asked; what passed is written together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from application.booking.bulk.deeds import BulkItem, BulkOutcome, Change
from application.booking.bulk.verbs import Verb
from application.booking.expiring import let_go
from application.booking.recording import record_changes
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.refusals import BookingNotFound, SlotTaken
from domain.identity.actor import Actor
from domain.shared.errors import Contended, DomainError
from domain.shared.ids import BookingId


@dataclass(slots=True)
class Run:
    """Bookings as they are by now, and what of it is not written yet."""

    unit: Unit
    actor: Actor
    now: datetime
    verb: Verb
    seen: dict[BookingId, Booking] = field(default_factory=dict)
    _current: dict[BookingId, Booking] = field(default_factory=dict)
    _pending: list[Change] = field(default_factory=list)

    async def all(self, booking_ids: Sequence[BookingId]) -> BulkOutcome:
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
