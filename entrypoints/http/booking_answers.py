"""A booking as it is answered: to staff by their role, and to the public."""

from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from application.booking.shown_booking import ShownBooking
from application.ports.booking_views import BookingSummary, summary_of
from domain.booking.booking import BookingSource, BookingStatus, CancelledBy
from domain.booking.cancellation import CancellationOutcome, CancellationWindow
from domain.booking.deposit import DepositStatus
from domain.booking.policy_snapshot import PolicySnapshot
from domain.booking.risk import RiskBand
from domain.booking.visit import BookedAddOn
from domain.identity.actor import Actor, Need
from domain.scheduling.local_time import day_of
from entrypoints.http.home_body import EstimateAnswer, estimate_answer
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.masking import as_seen_by, name_seen_by
from entrypoints.http.schedule_bodies import CrewAnswer
from entrypoints.http.texts import Address, Notes, ShortNotes


class PhotoCounts(msgspec.Struct, kw_only=True):
    before: int = 0
    after: int = 0


class BookingRow(msgspec.Struct, kw_only=True):
    """An item of a list."""

    booking_id: UUID
    version: int
    status: BookingStatus
    source: BookingSource
    lead_id: UUID | None
    client_id: UUID | None
    lead_name: str | None
    lead_phone: str | None
    lead_email: str | None
    team_id: UUID
    team_name: str
    crew: list[CrewAnswer]
    crew_needed: int
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    buffer_minutes: int
    timezone: str
    local_date: date
    expires_at: datetime | None
    confirmed_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: CancelledBy | None
    cancel_reason: str | None
    created_at: datetime
    updated_at: datetime
    service_type: str | None
    address: Address | None
    access_notes: ShortNotes | None
    notes: Notes | None
    planned_minutes: int
    work_state: Literal["not_started", "running", "paused", "finished"]
    actual_duration_minutes: int | None
    cleaner_seconds: int
    consent_photos: bool
    photo_counts: PhotoCounts
    warnings: list[str]
    currency: str
    deposit_required: bool
    deposit_cents: int | None
    deposit_status: DepositStatus
    deposit_policy: list[str]
    risk_score: int
    risk_band: RiskBand
    risk_reasons: list[str]
    cancellation_exception: bool
    cancellation_exception_note: ShortNotes | None
    cancellation: CancellationOutcome | None
    actions: list[ActionAnswer]


class BookingAnswer(BookingRow, kw_only=True):
    estimate: EstimateAnswer | None
    add_ons: list[BookedAddOn]
    policy_snapshot: PolicySnapshot


class PublicBookingAnswer(msgspec.Struct, kw_only=True):
    booking_id: UUID
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    timezone: str
    service_type: str | None
    total_before_tax_cents: int | None
    currency: str
    deposit_required: bool
    deposit_cents: int | None
    deposit_status: DepositStatus
    expires_at: datetime | None
    cancellation_windows: list[CancellationWindow]


class CleanupAnswer(msgspec.Struct, kw_only=True):
    status: Literal["done", "partial"]
    expired: int
    remaining: int


def booking_row(row: BookingSummary, timezone: str, reader: Actor) -> BookingRow:
    return BookingRow(**_values(row, timezone, reader))


def booking_answer(shown: ShownBooking, reader: Actor) -> BookingAnswer:
    booking = shown.booking
    return BookingAnswer(
        **_values(summary_of(booking, shown.people), shown.timezone, reader),
        estimate=estimate_answer(booking.estimate) if booking.estimate else None,
        add_ons=list(booking.add_ons),
        policy_snapshot=booking.policy,
    )


def public_answer(shown: ShownBooking) -> PublicBookingAnswer:
    booking = shown.booking
    return PublicBookingAnswer(
        booking_id=booking.id,
        status=booking.status,
        starts_at=booking.slot.starts_at,
        ends_at=booking.slot.ends_at,
        duration_minutes=booking.slot.duration_minutes,
        timezone=shown.timezone,
        service_type=booking.details.service_type,
        total_before_tax_cents=booking.total_cents,
        currency=booking.currency,
        deposit_required=booking.deposit.required,
        deposit_cents=booking.deposit.cents,
        deposit_status=booking.deposit.status,
        expires_at=booking.expires_at,
        cancellation_windows=list(booking.policy.cancellation.windows),
    )


def _values(row: BookingSummary, timezone: str, reader: Actor) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(SHARED, _shared(row), strict=True))
    minutes = (row.ends_at - row.starts_at).total_seconds() // 60
    values |= {
        "crew": [
            CrewAnswer(worker_id=member.worker_id, name=name_seen_by(reader.role, member.name))
            for member in row.crew
        ],
        "duration_minutes": int(minutes),
        "timezone": timezone,
        "local_date": day_of(row.starts_at, ZoneInfo(timezone)),
        "work_state": "not_started",
        "photo_counts": NO_PHOTOS,
        "warnings": _warnings(row, int(minutes)),
        "actions": _actions(row, reader),
    }
    return as_seen_by(reader.role, values, prefix="lead_")


NO_PHOTOS = PhotoCounts()
SHARED = tuple(name for name in BookingRow.__struct_fields__ if name in BookingSummary.__dataclass_fields__)
_shared = attrgetter(*SHARED)


def _warnings(row: BookingSummary, minutes: int) -> list[str]:
    """What was odd when the time was written, and work that will not fit into it."""
    return [*row.time_warnings, *(["runs_over_slot"] if row.planned_minutes > minutes else [])]


def _actions(row: BookingSummary, reader: Actor) -> list[ActionAnswer]:
    if not reader.may(Need.DISPATCH):
        return []
    href = f"/v1/admin/bookings/{row.booking_id}"
    return [
        ActionAnswer(rel=rel, method=method, href=f"{href}{path}")
        for rel, method, path in _possible(row, reader)
    ]


def _possible(row: BookingSummary, reader: Actor) -> Iterable[tuple[str, str, str]]:
    status = BookingStatus(row.status)
    if status is BookingStatus.PENDING and (row.deposit_status in SETTLED or reader.may(Need.ADMIN)):
        yield "confirm", "POST", "/confirm"
    if status in {BookingStatus.PENDING, BookingStatus.CONFIRMED}:
        yield "cancel", "POST", "/cancel"
        yield "reschedule", "POST", "/reschedule"
        yield "assign", "POST", "/assign"
        if row.crew:
            yield "unassign", "POST", "/unassign"
    if status is not BookingStatus.CANCELLED:
        yield "update", "PATCH", ""


SETTLED = frozenset({"none", "paid", "waived"})
