"""What waits for somebody to be sent: a read model for dispatchers."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from domain.shared.ids import BookingId, LeadId, TeamId


class WaitingVisit(NamedTuple):
    """A hold in force that nobody is assigned to, by today's names."""

    booking_id: BookingId
    lead_id: LeadId | None
    lead_name: str | None
    lead_phone: str | None
    lead_email: str | None
    starts_at: datetime
    ends_at: datetime
    status: str
    service_type: str | None
    team_id: TeamId
    team_name: str
    crew_needed: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Both counts are of all that wait, as of the page's own instant of the database."""

    visits: tuple[WaitingVisit, ...]
    total: int
    urgent: int


class WaitingVisits(Protocol):
    """Of the organisation this unit of work was begun for."""

    async def page(
        self, *, now: datetime, urgent_before: datetime, before: datetime, limit: int, offset: int
    ) -> WaitingPage:
        """Those that end after `now` and start before `before`, by start, id; begun ones among them. Urgent
        are those that start before `urgent_before`. One statement."""
