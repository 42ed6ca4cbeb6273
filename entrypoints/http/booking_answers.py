"""A booking as it is answered: to staff by their role, and to the public."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from application.booking.shown_booking import ShownBooking
from application.ports.booking_views import BookingSummary, CrewMember, summary_of
from domain.booking.booking import BookingSource, BookingStatus, CancelledBy
from domain.booking.cancellation import CancellationOutcome, CancellationWindow
from domain.booking.deposit import DepositStatus
from domain.booking.policy_snapshot import PolicySnapshot
from domain.booking.risk import RiskBand
from domain.booking.visit import BookedAddOn
from domain.booking.work import OPEN as OPEN_WORK
from domain.booking.work import WorkState
from domain.identity.actor import Actor, Need, Role
from domain.scheduling.local_time import day_of
from entrypoints.http.home_body import EstimateAnswer, estimate_answer
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.masking import HIDDEN_FROM, as_seen_by, name_seen_by
from entrypoints.http.schedule_bodies import CrewAnswer
from entrypoints.http.texts import Address, Notes, ShortNotes


class PhotoCounts(msgspec.Struct):
    before: int = 0
    after: int = 0


class BookingRow(msgspec.Struct):
    """An item of a list. Made by place, in the order of `_values`: by name it takes four times as long."""

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
    work_state: WorkState
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
    orgs: int | msgspec.UnsetType = msgspec.UNSET  # told to the scheduler alone


def booking_rows(rows: Iterable[BookingSummary], zone: ZoneInfo, reader: Actor) -> list[BookingRow]:
    eye = Eye.of(reader)
    return [BookingRow(*_values(row, zone, eye)) for row in rows]


def booking_answer(shown: ShownBooking, reader: Actor) -> BookingAnswer:
    booking = shown.booking
    return BookingAnswer(
        *_values(summary_of(booking, shown.people), ZoneInfo(shown.timezone), Eye.of(reader)),
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


class Eye(NamedTuple):
    """What a reader may, asked once for all rows."""

    role: Role | None
    dispatches: bool
    administers: bool

    @classmethod
    def of(cls, reader: Actor) -> "Eye":
        return cls(reader.role, reader.may(Need.DISPATCH), reader.may(Need.ADMIN))


def _values(row: BookingSummary, zone: ZoneInfo, eye: Eye) -> tuple[Any, ...]:
    """The fields of BookingRow: the summary's in their order, between them what follows from them."""
    seen = row if eye.role not in HIDDEN_FROM else _masked(row, eye.role)
    minutes = (row.ends_at - row.starts_at) // MINUTE
    return (
        *seen[:BUFFER],
        minutes,
        row.buffer_minutes,
        zone.key,
        day_of(row.starts_at, zone),
        *seen[EXPIRES:PHOTOS],
        PhotoCounts(*row.photos) if any(row.photos) else NO_PHOTOS,
        warnings_about(row.time_warnings, row.planned_minutes, minutes),
        *seen[CURRENCY:],
        _actions(row, eye) if eye.dispatches else (),
    )


def _masked(row: BookingSummary, role: Role | None) -> BookingSummary:
    crew = tuple(CrewMember(member.worker_id, name_seen_by(role, member.name)) for member in row.crew)
    return BookingSummary(**as_seen_by(role, row._replace(crew=crew)._asdict(), prefix="lead_"))


MINUTE = timedelta(minutes=1)
NO_PHOTOS = PhotoCounts()
BUFFER, EXPIRES, PHOTOS, CURRENCY = map(
    BookingSummary._fields.index,
    ("buffer_minutes", "expires_at", "photos", "currency"),
)


def warnings_about(time_warnings: Iterable[str], planned_minutes: int, minutes: int) -> list[str]:
    """What was odd when the time was written, and work that will not fit into it."""
    return [*time_warnings, *(["runs_over_slot"] if planned_minutes > minutes else [])]


def _actions(row: BookingSummary, eye: Eye) -> msgspec.Raw:
    """Encoded already: a page of 200 would else make a thousand objects that differ in nothing but the id."""
    confirmable = eye.administers or row.deposit_status in SETTLED
    stands_still = row.work_state not in OPEN_WORK
    encoded = _possible(row.status, confirmable=confirmable, crewed=bool(row.crew), movable=stands_still)
    return msgspec.Raw(encoded.replace(PLACE, str(row.booking_id).encode()))


@cache
def _possible(status: str, *, confirmable: bool, crewed: bool, movable: bool) -> bytes:
    """The JSON of what can be done in that state, with PLACE where the id belongs."""
    found: list[tuple[str, str, str]] = []
    if status == BookingStatus.CONFIRMED:
        found.append(("complete", "POST", "/complete"))
    if status == BookingStatus.PENDING and confirmable:
        found.append(("confirm", "POST", "/confirm"))
    if status in {BookingStatus.PENDING, BookingStatus.CONFIRMED}:
        verbs = ("cancel", "reschedule", "assign") if movable else ("assign",)
        found += [(rel, "POST", f"/{rel}") for rel in verbs]
        if crewed:
            found.append(("unassign", "POST", "/unassign"))
    if status != BookingStatus.CANCELLED:
        found.append(("update", "PATCH", ""))
    href = f"/v1/admin/bookings/{PLACE.decode()}"
    return msgspec.json.encode([ActionAnswer(rel, method, href + path) for rel, method, path in found])


PLACE = b"{booking_id}"
SETTLED = frozenset({"none", "paid", "waived"})
