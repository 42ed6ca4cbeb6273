"""Whether a deposit is due before a visit is certain, and how much."""

from dataclasses import dataclass
from enum import StrEnum

from domain.booking.circumstances import DAY_MINUTES, Circumstances, PolicyRules
from domain.booking.risk import Risk, RiskBand
from domain.shared.money import divide_ceiling

HEAVY_BPS = 3500
LATE_BPS = 4000
SHORT_NOTICE_BPS = 5000
HIGH_VALUE_BPS = 3000
UNCOLLECTABLE = "payments_unavailable"


class DepositStatus(StrEnum):
    NONE = "none"
    DUE = "due"
    REQUESTED = "requested"
    PAID = "paid"
    FAILED = "failed"
    WAIVED = "waived"
    EXPIRED = "expired"


OPEN = frozenset({DepositStatus.DUE, DepositStatus.REQUESTED, DepositStatus.FAILED})
"""Asked for and neither paid nor given up: it keeps a booking from being confirmed."""


class DepositBasis(StrEnum):
    """Where the amount comes from, or why there is none."""

    PERCENT = "percent"
    FIXED_MINIMUM = "fixed_minimum"
    NOT_REQUIRED = "not_required"
    WAIVED = "waived"
    DISABLED = "disabled"
    DOWNGRADED = "downgraded"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositTerms:
    """The decision, frozen. `reasons` stay listed where something else spared the client the deposit."""

    required: bool
    amount_cents: int
    applied_bps: int
    min_cents: int
    max_cents: int
    reasons: tuple[str, ...]
    basis: DepositBasis
    downgraded_reason: str | None = None


def decide(facts: Circumstances, risk: Risk, rules: PolicyRules) -> DepositTerms:
    reasons = _reasons(facts, risk, rules)
    spared = _spared(facts, rules, asked=bool(reasons))
    downgraded = spared is DepositBasis.DOWNGRADED
    bps = _basis_points(facts, rules)
    return DepositTerms(
        required=spared is None,
        amount_cents=amount(facts.total_cents, bps, rules) if spared is None else 0,
        applied_bps=bps if spared is None and facts.total_cents is not None else 0,
        min_cents=rules.deposit_min_cents,
        max_cents=rules.deposit_max_cents,
        reasons=(*reasons, f"downgraded:{UNCOLLECTABLE}") if downgraded else reasons,
        basis=spared or _basis(facts),
        downgraded_reason=UNCOLLECTABLE if downgraded else None,
    )


def amount(total_cents: int | None, basis_points: int, rules: PolicyRules) -> int:
    """The share, held between the organisation's bounds and never above the total."""
    return bounded(total_cents, basis_points, rules.deposit_min_cents, rules.deposit_max_cents)


def bounded(total_cents: int | None, basis_points: int, min_cents: int, max_cents: int) -> int:
    if total_cents is None:
        return min_cents
    share = divide_ceiling(total_cents * basis_points, 10_000)
    return min(total_cents, max(min_cents, min(share, max_cents)))


def _basis(facts: Circumstances) -> DepositBasis:
    return DepositBasis.FIXED_MINIMUM if facts.total_cents is None else DepositBasis.PERCENT


def _spared(facts: Circumstances, rules: PolicyRules, *, asked: bool) -> DepositBasis | None:
    """Why nothing is asked of this client; None if the deposit stands."""
    if not rules.deposits_enabled:
        return DepositBasis.DISABLED
    if facts.deposit_waived:
        return DepositBasis.WAIVED
    if not asked:
        return DepositBasis.NOT_REQUIRED
    if not rules.payments_available and not rules.strict:
        return DepositBasis.DOWNGRADED
    return None


def _reasons(facts: Circumstances, risk: Risk, rules: PolicyRules) -> tuple[str, ...]:
    notice = "short_notice" if facts.short_notice else "late_booking"
    found = (
        (facts.first_time_client, "first_time_client"),
        (facts.heavy, f"service_type_{facts.service_type}"),
        (facts.late_booking, notice),
        (facts.high_value(rules), "high_value_booking"),
        (risk.band is not RiskBand.LOW, f"risk_{risk.band.lower()}"),
    )
    return tuple(reason for holds, reason in found if holds)


def _basis_points(facts: Circumstances, rules: PolicyRules) -> int:
    return largest_share(
        rules.deposit_bps, facts.lead_time_minutes, heavy=facts.heavy, high_value=facts.high_value(rules)
    )


def largest_share(standard_bps: int, lead_time_minutes: int, *, heavy: bool, high_value: bool) -> int:
    """In basis points: of all that apply, the one that asks for most."""
    return max(
        standard_bps,
        HEAVY_BPS * heavy,
        LATE_BPS * (lead_time_minutes < 2 * DAY_MINUTES),
        SHORT_NOTICE_BPS * (lead_time_minutes < DAY_MINUTES),
        HIGH_VALUE_BPS * high_value,
    )
