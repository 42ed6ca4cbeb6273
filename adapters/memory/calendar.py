from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from application.ports.booking_views import CrewMember
from application.ports.calendar import BoardFacts, BoardVisit, hold_of
from application.ports.orgs import OrgProfiles
from domain.booking.booking import Booking, BookingStatus
from domain.leads.lead import Lead
from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.settings import LONGEST_BUFFER_MINUTES, BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, BookingId, LeadId, TeamId, WorkerId

_LONGEST_BUFFER = timedelta(minutes=LONGEST_BUFFER_MINUTES)


@dataclass(frozen=True, slots=True)
class MemoryCalendar:
    org: OrgProfiles
    settings: list[BookingSettings]
    teams: Mapping[TeamId, Team]
    workers: Mapping[WorkerId, Worker]
    bookings: Mapping[BookingId, Booking]
    blackouts: Mapping[BlackoutId, Blackout]
    leads: Mapping[LeadId, Lead]

    async def facts(
        self,
        start: datetime,
        end: datetime,
        *,
        now: datetime,
        ignoring: BookingId | None = None,
        crews_for: Collection[WorkerId] | None = None,
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

        def shown(several: Iterable[Booking]) -> tuple[Hold, ...]:
            return tuple(self._with_crew_that_matters(hold, crews_for) for hold in _in_order(several))

        return CalendarFacts(
            timezone=profile.timezone,
            travel_buffer_minutes=profile.travel_buffer_minutes,
            settings=self.settings[0],
            teams=tuple(sorted(self.teams.values(), key=attrgetter("id"))),
            workers=tuple(sorted(self.workers.values(), key=attrgetter("id"))),
            holds=shown(b for b in touching if b.holds(now)),
            finished=shown(b for b in touching if b.status is BookingStatus.DONE),
            blackouts=tuple(
                sorted(
                    (b for b in self.blackouts.values() if b.starts_at < end and start < b.ends_at),
                    key=attrgetter("starts_at", "id"),
                )
            ),
        )

    def _with_crew_that_matters(self, hold: Hold, workers: Collection[WorkerId] | None) -> Hold:
        if workers is None:
            return hold
        teams = {worker.team_id for worker in self.workers.values() if worker.id in workers}
        return (
            hold
            if hold.team_id in teams or not set(workers).isdisjoint(hold.crew)
            else replace(hold, crew=())
        )

    async def board(self, start: datetime, end: datetime, *, now: datetime, limit: int) -> BoardFacts:
        facts = await self.facts(start, end, now=now)
        shown = sorted((*facts.holds, *facts.finished), key=attrgetter("starts_at", "booking_id"))[:limit]
        visits = tuple(self._visit(self.bookings[hold.booking_id]) for hold in shown)
        kept = set(shown)
        narrowed = replace(
            facts,
            workers=(),
            holds=tuple(hold for hold in facts.holds if hold in kept),
            finished=tuple(hold for hold in facts.finished if hold in kept),
        )
        total = len(facts.holds) + len(facts.finished)
        return BoardFacts(narrowed, visits, truncated=total > limit)

    def _visit(self, booking: Booking) -> BoardVisit:
        lead = None if booking.lead_id is None else self.leads[booking.lead_id]
        return BoardVisit(
            hold=hold_of(booking),
            version=booking.version,
            status=booking.status.value,
            source=booking.source.value,
            lead_id=booking.lead_id,
            lead_name=lead.name if lead else None,
            lead_phone=lead.phone if lead else None,
            crew=tuple(CrewMember(worker_id, self.workers[worker_id].name) for worker_id in booking.crew),
            crew_needed=booking.crew_needed,
            service_type=booking.details.service_type,
            address=booking.details.address,
            deposit_status=booking.deposit.status.value,
            risk_band=booking.risk.band.value,
            expires_at=booking.expires_at,
        )

    async def find(self, booking_id: BookingId) -> Hold | None:
        booking = self.bookings.get(booking_id)
        return None if booking is None else hold_of(booking)

    async def team_has_jobs(self, team_id: TeamId, now: datetime) -> bool:
        return any(hold.team_id == team_id for hold in self._to_come(now))

    async def jobs_of_worker(self, worker_id: WorkerId, now: datetime) -> list[BookingId]:
        return [hold.booking_id for hold in self._to_come(now) if worker_id in hold.crew]

    def _to_come(self, now: datetime) -> tuple[Hold, ...]:
        return _in_order(b for b in self.bookings.values() if b.holds(now) and b.slot.ends_at > now)

    async def share(self) -> None:
        """Units of one organisation already come one after the other."""

    async def exclude(self) -> None:
        """Units of one organisation already come one after the other."""


def _in_order(bookings: Iterable[Booking]) -> tuple[Hold, ...]:
    return tuple(sorted(map(hold_of, bookings), key=attrgetter("starts_at", "booking_id")))
