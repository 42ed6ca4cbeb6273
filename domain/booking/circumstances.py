"""What risk, deposit and cancellation terms are decided from: once, when the booking is made."""

from dataclasses import dataclass
from datetime import datetime, timedelta

DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRules:
    """The organisation's figures, and what the installation can and may ask for."""

    deposit_bps: int
    deposit_min_cents: int
    deposit_max_cents: int
    high_value_cents: int
    flagged_postal_prefixes: tuple[str, ...] = ()
    deposits_enabled: bool = True
    strict: bool = False  # a deposit is asked for even where nobody could collect it
    payments_available: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """One booking in the making. `total_cents` is unknown for a visit without a price."""

    evaluated_at: datetime
    starts_at: datetime
    currency: str
    service_type: str | None = None
    heavy: bool = False
    total_cents: int | None = None
    postal_code: str | None = None
    first_time_client: bool = True
    client_cancellations: int = 0
    by_staff: bool = False
    deposit_waived: bool = False  # staff did not ask for the policy

    @property
    def lead_time_minutes(self) -> int:
        """Whole minutes from now to the start; none for a visit that already began."""
        return max(0, (self.starts_at - self.evaluated_at) // timedelta(minutes=1))

    @property
    def short_notice(self) -> bool:
        return self.lead_time_minutes < DAY_MINUTES

    @property
    def late_booking(self) -> bool:
        return self.lead_time_minutes < 2 * DAY_MINUTES

    def high_value(self, rules: PolicyRules) -> bool:
        return self.total_cents is not None and self.total_cents >= rules.high_value_cents
