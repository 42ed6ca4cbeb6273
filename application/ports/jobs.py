from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.ports.booking_views import CrewMember
from domain.booking.time_entry import TimeEntry
from domain.booking.visit import BookedAddOn
from domain.booking.work import WorkState
from domain.shared.ids import BookingId, TeamId, WorkerId


@dataclass(frozen=True, slots=True)
class JobPhotos:
    """How many there are, and of how many another is asked for that has not come."""

    before: int
    after: int
    needs_retake: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A booking as one worker needs to know it: nothing of prices and risk. Of the client all that the lead
    says; when a worker may see it is decided where it is answered."""

    booking_id: BookingId
    status: str
    starts_at: datetime
    ends_at: datetime
    planned_minutes: int
    service_type: str | None
    client_name: str | None
    client_phone: str | None
    address: str | None
    access_notes: str | None
    parking: str | None
    pets: str | None
    allergies: str | None
    notes: str | None
    add_ons: tuple[BookedAddOn, ...]
    crew: tuple[CrewMember, ...]  # in id order
    work_state: WorkState
    consent_photos: bool
    photos: JobPhotos
    my_time: TimeEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Visits that touch `[touching_from, touching_before)`."""

    worker_id: WorkerId
    team_id: TeamId
    touching_from: datetime
    touching_before: datetime


class Jobs(Protocol):
    """Bookings in a worker's eyes; `domain.booking.jobs` says which are theirs."""

    async def get(self, booking_id: BookingId, worker_id: WorkerId) -> Job:
        """Of a booking that is known to be theirs. Raises BookingNotFound."""

    async def list_of(self, wanted: JobFilter, limit: int) -> list[Job]:
        """By start, then id. One statement."""
