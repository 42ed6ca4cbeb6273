"""A booking as a row and back. The columns are written in one place, so that reading and writing agree."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import convert, to_builtins
from sqlalchemy import Row

from adapters.postgres.tables.bookings import bookings
from domain.booking.booking import (
    BookedDeposit,
    Booking,
    BookingSource,
    BookingStatus,
    Cancellation,
    CancelledBy,
)
from domain.booking.cancellation import CancellationOutcome
from domain.booking.deposit import DepositStatus
from domain.booking.photo_consent import PhotoConsent
from domain.booking.policy_snapshot import PolicySnapshot
from domain.booking.risk import Risk, RiskBand
from domain.booking.visit import BookedAddOn, Details, TimeSlot
from domain.booking.work import WorkState
from domain.shared.estimate_values import estimate_of, estimate_values
from domain.shared.ids import WorkerId

COLUMNS = [column for column in bookings.columns if column.name != "org_id"]
MINUTE = timedelta(minutes=1)


def to_row(booking: Booking) -> Mapping[str, Any]:
    slot, cancelled, deposit = booking.slot, booking.cancelled, booking.deposit
    return {
        "booking_id": booking.id,
        "version": booking.version,
        "status": booking.status.value,
        "source": booking.source.value,
        "lead_id": booking.lead_id,
        "client_id": booking.client_id,
        "team_id": slot.team_id,
        "crew_needed": booking.crew_needed,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "buffer_minutes": slot.buffer_minutes,
        "held_until": slot.held_until,
        "time_warnings": list(slot.warnings),
        "expires_at": booking.expires_at,
        "confirmed_at": booking.confirmed_at,
        "completed_at": booking.completed_at,
        **_cancelled_columns(cancelled),
        "cancellation_exception": booking.cancellation_exception,
        "cancellation_exception_note": booking.cancellation_exception_note,
        "service_type": booking.details.service_type,
        "address": booking.details.address,
        "access_notes": booking.details.access_notes,
        "notes": booking.details.notes,
        "estimate": estimate_values(booking.estimate) if booking.estimate else None,
        "add_ons": to_builtins(booking.add_ons),
        "extended_minutes": booking.extended_minutes,
        "planned_minutes": booking.planned_minutes,
        "work_state": booking.work_state.value,
        "actual_duration_minutes": booking.actual_duration_minutes,
        "cleaner_seconds": booking.cleaner_seconds,
        "consent_photos": booking.consent_photos,
        **_consent_columns(booking.consent),
        "currency": booking.currency,
        "deposit_required": deposit.required,
        "deposit_cents": deposit.cents,
        "deposit_status": deposit.status.value,
        "deposit_policy": list(deposit.reasons),
        "risk_score": booking.risk.score,
        "risk_band": booking.risk.band.value,
        "risk_reasons": list(booking.risk.reasons),
        "policy_snapshot": to_builtins(booking.policy),
        "created_at": booking.created_at,
        "updated_at": booking.updated_at,
    }


def crew_rows(booking: Booking) -> list[Mapping[str, Any]]:
    slot = {"starts_at": booking.slot.starts_at, "held_until": booking.slot.held_until}
    common = {"booking_id": booking.id, "live": booking.is_live, **slot}
    return [{**common, "worker_id": worker_id} for worker_id in booking.crew]


def to_booking(row: Row[*tuple[Any, ...]], crew: tuple[WorkerId, ...]) -> Booking:
    return Booking(
        id=row.booking_id,
        version=row.version,
        status=BookingStatus(row.status),
        source=BookingSource(row.source),
        lead_id=row.lead_id,
        client_id=row.client_id,
        slot=_slot(row),
        crew=crew,
        crew_needed=row.crew_needed,
        details=Details(
            service_type=row.service_type,
            address=row.address,
            access_notes=row.access_notes,
            notes=row.notes,
        ),
        estimate=estimate_of(row.estimate) if row.estimate else None,
        add_ons=convert(row.add_ons, tuple[BookedAddOn, ...]),
        extended_minutes=row.extended_minutes,
        currency=row.currency,
        policy=convert(row.policy_snapshot, PolicySnapshot),
        risk=Risk(score=row.risk_score, band=RiskBand(row.risk_band), reasons=tuple(row.risk_reasons)),
        deposit=BookedDeposit(
            required=row.deposit_required,
            cents=row.deposit_cents,
            status=DepositStatus(row.deposit_status),
            reasons=tuple(row.deposit_policy),
        ),
        expires_at=row.expires_at,
        confirmed_at=row.confirmed_at,
        completed_at=row.completed_at,
        work_state=WorkState(row.work_state),
        actual_duration_minutes=row.actual_duration_minutes,
        cleaner_seconds=row.cleaner_seconds,
        consent_photos=row.consent_photos,
        consent=_consent(row),
        cancelled=_cancelled(row),
        cancellation_exception=row.cancellation_exception,
        cancellation_exception_note=row.cancellation_exception_note,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_outcome(value: Mapping[str, Any] | None) -> CancellationOutcome | None:
    return CancellationOutcome(**value) if value else None


def _slot(row: Row[*tuple[Any, ...]]) -> TimeSlot:
    return TimeSlot(
        team_id=row.team_id,
        starts_at=row.starts_at,
        duration_minutes=(row.ends_at - row.starts_at) // MINUTE,
        buffer_minutes=row.buffer_minutes,
        warnings=tuple(row.time_warnings),
    )


def _cancelled(row: Row[*tuple[Any, ...]]) -> Cancellation | None:
    if row.cancelled_at is None:
        return None
    return Cancellation(
        at=row.cancelled_at,
        by=CancelledBy(row.cancelled_by),
        reason=row.cancel_reason,
        outcome=to_outcome(row.cancellation),
    )


def _consent(row: Row[*tuple[Any, ...]]) -> PhotoConsent | None:
    if row.consent_set_at is None:
        return None
    return PhotoConsent(set_by=row.consent_set_by, set_at=row.consent_set_at, note=row.consent_note)


def _consent_columns(consent: PhotoConsent | None) -> Mapping[str, Any]:
    return {
        "consent_set_by": consent.set_by if consent else None,
        "consent_set_at": consent.set_at if consent else None,
        "consent_note": consent.note if consent else None,
    }


def _cancelled_columns(cancelled: Cancellation | None) -> Mapping[str, Any]:
    return {
        "cancelled_at": cancelled.at if cancelled else None,
        "cancelled_by": cancelled.by.value if cancelled else None,
        "cancel_reason": cancelled.reason if cancelled else None,
        "cancellation": to_builtins(cancelled.outcome) if cancelled else None,
    }
