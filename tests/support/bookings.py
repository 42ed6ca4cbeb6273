"""Bookings in the making, for tests: every field has a plain default."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.booking.booking import BookedDeposit, Booking, BookingSource, BookingStatus
from domain.booking.circumstances import Circumstances, PolicyRules
from domain.booking.deposit import DepositStatus
from domain.booking.policy_snapshot import evaluate
from domain.booking.visit import Details, TimeSlot
from domain.shared.ids import BookingId, TeamId

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULES = PolicyRules(
    deposit_bps=2500,
    deposit_min_cents=5000,
    deposit_max_cents=20000,
    high_value_cents=30000,
    payments_available=True,
)
A_TEAM = TeamId(UUID(int=1))
A_BOOKING = UUID(int=100)


def circumstances(*, hours_ahead: float = 24 * 7, **changes: object) -> Circumstances:
    """A returning client's plain visit for 10500, a week ahead."""
    plain = Circumstances(
        evaluated_at=NOW,
        starts_at=NOW + timedelta(hours=hours_ahead),
        currency="USD",
        service_type="standard",
        total_cents=10500,
        first_time_client=False,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields of Circumstances


def a_booking(
    *,
    booking_id: UUID = A_BOOKING,
    team_id: TeamId = A_TEAM,
    starts_at: datetime = NOW + timedelta(days=7),
    duration_minutes: int = 120,
    buffer_minutes: int = 30,
    status: BookingStatus = BookingStatus.PENDING,
    deposit_status: DepositStatus = DepositStatus.NONE,
    deposit_cents: int | None = None,
    facts: Circumstances | None = None,
    **changes: object,
) -> Booking:
    policy = evaluate(facts or circumstances(), RULES)
    plain = Booking(
        id=BookingId(booking_id),
        source=BookingSource.OFFICE,
        slot=TimeSlot(
            team_id=team_id,
            starts_at=starts_at,
            duration_minutes=duration_minutes,
            buffer_minutes=buffer_minutes,
        ),
        details=Details(service_type="standard"),
        currency="USD",
        policy=policy,
        risk=policy.risk,
        deposit=BookedDeposit(
            required=deposit_cents is not None,
            cents=deposit_cents,
            status=deposit_status,
            reasons=policy.deposit.reasons,
        ),
        status=status,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields of Booking
