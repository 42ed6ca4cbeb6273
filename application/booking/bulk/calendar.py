"""The calendar around many bookings, read in a few statements and kept up with what was decided since."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from application.ports.calendar import hold_of
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.scheduling.alternatives import facts_needed
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.local_time import A_LOCAL_DAY, Span
from domain.shared.ids import BookingId

LONGEST_READ = timedelta(days=62)

type Reach = Callable[[Booking], Span]


def its_day(booking: Booking) -> Span:
    """Enough to tell whether its time can be had by others."""
    return Span(booking.slot.starts_at - A_LOCAL_DAY, booking.slot.ends_at + A_LOCAL_DAY)


def its_fortnight(booking: Booking) -> Span:
    """Enough to tell what is free instead."""
    return Span(*facts_needed(Span(booking.slot.starts_at, booking.slot.ends_at)))


@dataclass(slots=True)
class BulkCalendar:
    """As of `now`. Who decides by it has locked the teams and workers concerned: what it says stays true."""

    now: datetime
    _facts: list[CalendarFacts] = field(default_factory=list)
    _place: dict[BookingId, int] = field(default_factory=dict)

    async def read(self, unit: Unit, bookings: Iterable[Booking], reach: Reach = its_day) -> None:
        """One statement for each stretch of time in which bookings lie close together."""
        self._facts.clear()
        for place, (span, ids) in enumerate(stretches(bookings, reach)):
            self._facts.append(await unit.calendar.facts(span.start, span.end, now=self.now))
            self._place.update(dict.fromkeys(ids, place))

    def around(self, booking: Booking) -> CalendarFacts:
        """Without the booking itself."""
        return _without(self._facts[self._place[booking.id]], booking)

    def put(self, booking: Booking) -> None:
        """What it holds from now on, for whoever comes after it. Stretches may overlap: it goes into all."""
        held = (hold_of(booking),) if booking.holds(self.now) else ()
        for place, facts in enumerate(self._facts):
            others = _without(facts, booking)
            self._facts[place] = replace(others, holds=others.holds + held)


def _without(facts: CalendarFacts, booking: Booking) -> CalendarFacts:
    return replace(facts, holds=tuple(hold for hold in facts.holds if hold.booking_id != booking.id))


def stretches(bookings: Iterable[Booking], reach: Reach) -> list[tuple[Span, list[BookingId]]]:
    """What is read together: bookings whose reaches meet, as long as it is not too much for one read."""
    found: list[tuple[Span, list[BookingId]]] = []
    for booking in sorted(bookings, key=lambda booking: booking.slot.starts_at):
        mine = reach(booking)
        if found and mine.start <= found[-1][0].end and mine.end - found[-1][0].start <= LONGEST_READ:
            span, ids = found[-1]
            found[-1] = (Span(span.start, max(span.end, mine.end)), [*ids, booking.id])
        else:
            found.append((mine, [booking.id]))
    return found
