from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from application.ports.orgs import OrgProfiles
from domain.booking.booking import Booking, BookingStatus
from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.settings import LONGEST_BUFFER_MINUTES, BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, BookingId, TeamId, WorkerId

_LONGEST_BUFFER = timedelta(minutes=LONGEST_BUFFER_MINUTES)


@dataclass(frozen=True, slots=True)
class MemoryCalendar:
    org: OrgProfiles
    settings: list[BookingSettings]
    teams: Mapping[TeamId, Team]
    workers: Mapping[WorkerId, Worker]
    bookings: Mapping[BookingId, Booking]
    blackouts: Mapping[BlackoutId, Blackout]

    async def facts(
        self, start: datetime, end: datetime, *, now: datetime, ignoring: BookingId | None = None
    ) -> CalendarFacts:
        profile = await self.org.get()
        if not self.settings:
            raise NotFound("org_id")
        end += _LONGEST_BUFFER
        touching = [
            booking
            for booking in self.bookings.values()
            if booking.id != ignoring and booking.slot.starts_at < end and start < booking.slot.held_until
        ]
        return CalendarFacts(
            timezone=profile.timezone,
            travel_buffer_minutes=profile.travel_buffer_minutes,
            settings=self.settings[0],
            teams=tuple(sorted(self.teams.values(), key=attrgetter("id"))),
            workers=tuple(sorted(self.workers.values(), key=attrgetter("id"))),
            holds=_in_order(b for b in touching if b.holds(now)),
            finished=_in_order(b for b in touching if b.status is BookingStatus.DONE),
            blackouts=tuple(
                sorted(
                    (b for b in self.blackouts.values() if b.starts_at < end and start < b.ends_at),
                    key=attrgetter("starts_at", "id"),
                )
            ),
        )

    async def find(self, booking_id: BookingId) -> Hold | None:
        booking = self.bookings.get(booking_id)
        return None if booking is None else to_hold(booking)

    async def share(self) -> None:
        """Units of one organisation already come one after the other."""

    async def exclude(self) -> None:
        """Units of one organisation already come one after the other."""


def _in_order(bookings: Iterable[Booking]) -> tuple[Hold, ...]:
    return tuple(sorted(map(to_hold, bookings), key=attrgetter("starts_at", "booking_id")))


def to_hold(booking: Booking) -> Hold:
    slot = booking.slot
    return Hold(
        booking_id=booking.id,
        team_id=slot.team_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        held_until=slot.held_until,
        crew=booking.crew,
    )
