from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.ports.booking_views import CrewMember
from domain.booking.booking import Booking
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.shared.ids import BookingId, LeadId, TeamId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardVisit:
    """A booking as the board shows it: live, or done."""

    hold: Hold
    version: int
    status: str
    source: str
    lead_id: LeadId | None
    lead_name: str | None
    lead_phone: str | None
    crew: tuple[CrewMember, ...]  # in id order
    crew_needed: int
    service_type: str | None
    address: str | None
    deposit_status: str
    risk_band: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """`facts` know no workers; their holds and finished jobs are those of `visits`."""

    facts: CalendarFacts
    visits: tuple[BoardVisit, ...]  # by start, id
    truncated: bool


def hold_of(booking: Booking) -> Hold:
    slot = booking.slot
    return Hold(
        booking_id=booking.id,
        team_id=slot.team_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        held_until=slot.held_until,
        crew=booking.crew,
    )


class Calendar(Protocol):
    """What is known of the organisation's time, read as of one instant of the database."""

    async def facts(
        self,
        start: datetime,
        end: datetime,
        *,
        now: datetime,
        ignoring: BookingId | None = None,
        crews_for: Collection[WorkerId] | None = None,
    ) -> CalendarFacts:
        """All teams and workers; holds in force at `now`, finished jobs and blackouts that touch
        `[start, end)` or the longest buffer after it. `ignoring` leaves that booking out. One statement,
        however many teams and workers there are.

        `crews_for` says whose time is asked about, nobody in particular being everybody. With some workers
        only the crews are filled in that they are in, or that keep a visit of their team; all others are
        empty: crews are two thirds of what a month costs to read."""

    async def board(self, start: datetime, end: datetime, *, now: datetime, limit: int) -> BoardFacts:
        """As `facts`, for showing: at most `limit` bookings, the first by start and id. One statement."""

    async def find(self, booking_id: BookingId) -> Hold | None:
        """The booking's time, team and crew, whatever its state."""

    async def team_has_jobs(self, team_id: TeamId, now: datetime) -> bool:
        """Whether a hold of the team in force at `now` ends after it."""

    async def jobs_of_worker(self, worker_id: WorkerId, now: datetime) -> list[BookingId]:
        """The holds in force at `now` that end after it and have the worker in their crew, by start, id."""

    async def share(self) -> None:
        """Keep an org-wide blackout from being made until our unit ends; any number may share."""

    async def exclude(self) -> None:
        """Be alone: no booking is written, no other unit is alone, until ours ends. Taken before any row is
        locked."""
