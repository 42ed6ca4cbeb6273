"""What is shown of a booking: rows of lists and the names beside an entity. Nothing is decided on them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.booking.booking import Booking
from domain.booking.cancellation import CancellationOutcome
from domain.shared.ids import BookingId, LeadId, TeamId, WorkerId


@dataclass(frozen=True, slots=True)
class CrewMember:
    worker_id: WorkerId
    name: str


class PhotoTally(NamedTuple):
    """How many photos there are of each phase, those that were replaced too."""

    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingPeople:
    """Names and addresses as they are today; the crew in id order."""

    lead_name: str | None
    lead_phone: str | None
    lead_email: str | None
    team_name: str
    crew: tuple[CrewMember, ...]
    photos: PhotoTally


class BookingSummary(NamedTuple):
    """One row of a list: all of a booking but its estimate, add-ons and policy snapshot.

    A tuple: a list has up to 200 of these, and making a dataclass of this width costs ten times as much."""

    booking_id: BookingId
    version: int
    status: str
    source: str
    lead_id: LeadId | None
    client_id: UUID | None
    lead_name: str | None
    lead_phone: str | None
    lead_email: str | None
    team_id: TeamId
    team_name: str
    crew: tuple[CrewMember, ...]
    crew_needed: int
    starts_at: datetime
    ends_at: datetime
    buffer_minutes: int
    expires_at: datetime | None
    confirmed_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None
    created_at: datetime
    updated_at: datetime
    service_type: str | None
    address: str | None
    access_notes: str | None
    notes: str | None
    planned_minutes: int
    work_state: str
    actual_duration_minutes: int | None
    cleaner_seconds: int
    consent_photos: bool
    photos: PhotoTally
    time_warnings: tuple[str, ...]
    currency: str
    deposit_required: bool
    deposit_cents: int | None
    deposit_status: str
    deposit_policy: tuple[str, ...]
    risk_score: int
    risk_band: str
    risk_reasons: tuple[str, ...]
    cancellation_exception: bool
    cancellation_exception_note: str | None
    cancellation: CancellationOutcome | None


def summary_of(booking: Booking, people: BookingPeople) -> BookingSummary:
    slot, cancelled = booking.slot, booking.cancelled
    return BookingSummary(
        booking_id=booking.id,
        version=booking.version,
        status=booking.status.value,
        source=booking.source.value,
        lead_id=booking.lead_id,
        client_id=booking.client_id,
        lead_name=people.lead_name,
        lead_phone=people.lead_phone,
        lead_email=people.lead_email,
        team_id=slot.team_id,
        team_name=people.team_name,
        crew=people.crew,
        crew_needed=booking.crew_needed,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        buffer_minutes=slot.buffer_minutes,
        expires_at=booking.expires_at,
        confirmed_at=booking.confirmed_at,
        completed_at=booking.completed_at,
        cancelled_at=cancelled.at if cancelled else None,
        cancelled_by=cancelled.by.value if cancelled else None,
        cancel_reason=cancelled.reason if cancelled else None,
        created_at=booking.created_at,
        updated_at=booking.updated_at,
        service_type=booking.details.service_type,
        address=booking.details.address,
        access_notes=booking.details.access_notes,
        notes=booking.details.notes,
        planned_minutes=booking.planned_minutes,
        work_state=booking.work_state.value,
        actual_duration_minutes=booking.actual_duration_minutes,
        cleaner_seconds=booking.cleaner_seconds,
        consent_photos=booking.consent_photos,
        photos=people.photos,
        time_warnings=slot.warnings,
        currency=booking.currency,
        deposit_required=booking.deposit.required,
        deposit_cents=booking.deposit.cents,
        deposit_status=booking.deposit.status.value,
        deposit_policy=booking.deposit.reasons,
        risk_score=booking.risk.score,
        risk_band=booking.risk.band.value,
        risk_reasons=booking.risk.reasons,
        cancellation_exception=booking.cancellation_exception,
        cancellation_exception_note=booking.cancellation_exception_note,
        cancellation=cancelled.outcome if cancelled else None,
    )
