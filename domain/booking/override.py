"""What administrators decide otherwise than the terms that a booking was made under."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.booking.booking import Booking
from domain.booking.risk import RiskBand
from domain.shared.errors import Invalid
from domain.shared.ids import BookingId, OverrideId, UserId

type OverrideValue = bool | int | str


class OverrideKind(StrEnum):
    DEPOSIT_REQUIRED = "deposit_required"
    DEPOSIT_CENTS = "deposit_cents"
    RISK_BAND = "risk_band"
    CANCELLATION_EXCEPTION = "cancellation_exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingOverride:
    """One decision, for good: the next one stands beside it. `before` is what held until then; None
    where no amount was set."""

    id: OverrideId
    booking_id: BookingId
    kind: OverrideKind
    value: OverrideValue
    before: OverrideValue | None
    reason: str
    created_by: UserId | None
    created_at: datetime


def standing(booking: Booking, kind: OverrideKind) -> OverrideValue | None:
    """What holds now of that which such a decision is about."""
    match kind:
        case OverrideKind.DEPOSIT_REQUIRED:
            return booking.deposit.required
        case OverrideKind.DEPOSIT_CENTS:
            return booking.deposit.cents
        case OverrideKind.RISK_BAND:
            return booking.risk.band.value
        case OverrideKind.CANCELLATION_EXCEPTION:
            return booking.cancellation_exception


def overridden(
    booking: Booking,
    kind: OverrideKind,
    value: OverrideValue,
    reason: str,
    *,
    now: datetime,
    standard_bps: int,
) -> Booking:
    """The booking after it; the very same one where that holds already. `standard_bps`: what share the
    organisation usually asks for. Raises Invalid for a value that is not of the kind's."""
    match kind, value:
        case OverrideKind.DEPOSIT_REQUIRED, True:
            asked = booking.policy.deposit_asked_cents(standard_bps)
            return booking.require_deposit(now, asked_cents=asked)
        case OverrideKind.DEPOSIT_REQUIRED, False:
            return booking.waive_deposit(now)
        case OverrideKind.DEPOSIT_CENTS, int(cents) if not isinstance(value, bool):
            return booking.set_deposit(now, cents)
        case OverrideKind.RISK_BAND, str(band) if band in RiskBand:
            return booking.judge(now, RiskBand(band))
        case OverrideKind.CANCELLATION_EXCEPTION, bool(granted):
            return booking.except_from_terms(now, granted=granted, note=reason)
    raise Invalid.field("value", _RULES[kind])


_RULES = {
    OverrideKind.DEPOSIT_REQUIRED: "must be true or false",
    OverrideKind.DEPOSIT_CENTS: "must be a whole number of cents",
    OverrideKind.RISK_BAND: "must be one of: LOW, MEDIUM, HIGH",
    OverrideKind.CANCELLATION_EXCEPTION: "must be true or false",
}
