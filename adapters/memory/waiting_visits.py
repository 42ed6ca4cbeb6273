from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from application.ports.waiting_visits import WaitingPage, WaitingVisit
from domain.booking.booking import Booking
from domain.leads.lead import Lead
from domain.scheduling.team import Team
from domain.shared.ids import BookingId, LeadId, TeamId


@dataclass(frozen=True, slots=True)
class MemoryWaitingVisits:
    bookings: Mapping[BookingId, Booking]
    teams: Mapping[TeamId, Team]
    leads: Mapping[LeadId, Lead]

    async def page(
        self, *, now: datetime, urgent_before: datetime, before: datetime, limit: int, offset: int
    ) -> WaitingPage:
        waiting = [
            booking
            for booking in self.bookings.values()
            if booking.holds(now)
            and not booking.crew
            and booking.slot.ends_at > now
            and booking.slot.starts_at < before
        ]
        waiting.sort(key=lambda booking: (booking.slot.starts_at, booking.id))
        return WaitingPage(
            tuple(map(self._visit, waiting[offset : offset + limit])),
            len(waiting),
            sum(booking.slot.starts_at < urgent_before for booking in waiting),
        )

    def _visit(self, booking: Booking) -> WaitingVisit:
        lead = self.leads[booking.lead_id] if booking.lead_id else None
        return WaitingVisit(
            booking_id=booking.id,
            lead_id=booking.lead_id,
            lead_name=lead.name if lead else None,
            lead_phone=lead.phone if lead else None,
            lead_email=lead.email if lead else None,
            starts_at=booking.slot.starts_at,
            ends_at=booking.slot.ends_at,
            status=booking.status.value,
            service_type=booking.details.service_type,
            team_id=booking.slot.team_id,
            team_name=self.teams[booking.slot.team_id].name,
            crew_needed=booking.crew_needed,
            created_at=booking.created_at,
        )
