"""Risk, deposit and cancellation terms, by the contract's worked figures and by law (F13)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.booking import cancellation, deposit
from domain.booking.circumstances import Circumstances, PolicyRules
from domain.booking.deposit import DepositBasis
from domain.booking.policy_snapshot import evaluate
from domain.booking.risk import RiskBand, band_of, judge
from tests.support.bookings import NOW, RULES, circumstances


@pytest.mark.parametrize(
    ("total_cents", "basis_points", "expected"),
    [
        (10500, 2500, 5000),
        (23900, 3500, 8365),
        (28035, 3500, 9813),
        (36750, 5000, 18375),
        (50000, 5000, 20000),
        (4000, 2500, 4000),
        (0, 2500, 0),
        (None, 2500, 5000),
    ],
)
def test_a_deposit_is_a_share_between_bounds_and_never_above_the_total(
    total_cents: int | None, basis_points: int, expected: int
) -> None:
    assert deposit.amount(total_cents, basis_points, RULES) == expected


@pytest.mark.parametrize(
    ("changes", "score", "reasons"),
    [
        ({}, 0, ()),
        ({"first_time_client": True}, 20, ("new_client",)),
        ({"total_cents": 30000}, 25, ("high_total",)),
        ({"total_cents": 29999}, 0, ()),
        ({"total_cents": None}, 0, ()),
        ({"hours_ahead": 24}, 0, ()),
        ({"hours_ahead": 23.99}, 20, ("short_notice",)),
        ({"postal_code": "h2x 1y4"}, 15, ("area_flagged",)),
        ({"postal_code": "1H2X"}, 0, ()),
        ({"client_cancellations": 1}, 45, ("cancel_history",)),
        ({"client_cancellations": 2}, 55, ("cancel_history",)),
        ({"client_cancellations": 9}, 55, ("cancel_history",)),
        (
            {
                "first_time_client": True,
                "total_cents": 30000,
                "hours_ahead": 1,
                "postal_code": "H2X",
                "client_cancellations": 2,
            },
            100,
            ("new_client", "high_total", "short_notice", "area_flagged", "cancel_history"),
        ),
    ],
)
def test_risk_adds_up_its_signals(changes: dict[str, object], score: int, reasons: tuple[str, ...]) -> None:
    risk = judge(circumstances(**changes), replace(RULES, flagged_postal_prefixes=("H2X",)))  # type: ignore[arg-type]  # fields of Circumstances
    assert (risk.score, risk.reasons) == (score, reasons)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "LOW"), (44, "LOW"), (45, "MEDIUM"), (74, "MEDIUM"), (75, "HIGH"), (100, "HIGH")],
)
def test_bands_begin_where_the_contract_says(score: int, band: str) -> None:
    assert band_of(score) is RiskBand(band)


@pytest.mark.parametrize(
    ("changes", "reasons", "bps"),
    [
        ({"first_time_client": True}, ("first_time_client",), 2500),
        ({"heavy": True, "service_type": "deep"}, ("service_type_deep",), 3500),
        ({"hours_ahead": 47.9}, ("late_booking",), 4000),
        ({"hours_ahead": 23.9}, ("short_notice",), 5000),
        ({"total_cents": 30000}, ("high_value_booking",), 3000),
        ({"client_cancellations": 1}, ("risk_medium",), 2500),
        (
            {"first_time_client": True, "heavy": True, "service_type": "deep", "hours_ahead": 2}
            | {"total_cents": 36750, "client_cancellations": 1},
            ("first_time_client", "service_type_deep", "short_notice", "high_value_booking", "risk_high"),
            5000,
        ),
    ],
)
def test_any_one_reason_asks_for_a_deposit(
    changes: dict[str, object], reasons: tuple[str, ...], bps: int
) -> None:
    terms = evaluate(circumstances(**changes), RULES).deposit  # type: ignore[arg-type]  # fields of Circumstances
    assert (terms.required, terms.reasons, terms.applied_bps) == (True, reasons, bps)
    assert terms.basis is DepositBasis.PERCENT


def test_nothing_is_asked_without_a_reason_or_where_something_spares_the_client() -> None:
    first = circumstances(first_time_client=True)
    uncollectable = replace(RULES, payments_available=False)
    for facts, rules, basis in [
        (circumstances(), RULES, DepositBasis.NOT_REQUIRED),
        (first, replace(RULES, deposits_enabled=False), DepositBasis.DISABLED),
        (replace(first, deposit_waived=True), RULES, DepositBasis.WAIVED),
        (first, uncollectable, DepositBasis.DOWNGRADED),
    ]:
        terms = evaluate(facts, rules).deposit
        assert (terms.required, terms.amount_cents, terms.basis) == (False, 0, basis)
    downgraded = evaluate(first, uncollectable).deposit
    assert downgraded.reasons == ("first_time_client", "downgraded:payments_unavailable")
    assert downgraded.downgraded_reason == "payments_unavailable"
    assert evaluate(first, replace(uncollectable, strict=True)).deposit.required


def test_a_visit_without_a_price_asks_for_the_minimum() -> None:
    terms = evaluate(circumstances(total_cents=None, first_time_client=True), RULES).deposit
    assert (terms.amount_cents, terms.basis) == (5000, DepositBasis.FIXED_MINIMUM)


@pytest.mark.parametrize(
    ("changes", "minutes", "percent"),
    [
        ({}, (2880, 1440), 50),
        ({"heavy": True}, (4320, 2880), 50),
        ({"first_time_client": True}, (2880, 1440), 40),
        ({"total_cents": 30000, "first_time_client": True}, (2880, 1440), 25),
        ({"hours_ahead": 23}, (2880, 1440), 25),
    ],
)
def test_cancellation_windows(changes: dict[str, object], minutes: tuple[int, int], percent: int) -> None:
    free, partial, late = evaluate(circumstances(**changes), RULES).cancellation.windows  # type: ignore[arg-type]  # fields of Circumstances
    assert (free.label, free.from_minutes, free.to_minutes, free.refund_percent) == (
        "free",
        minutes[0],
        None,
        100,
    )
    assert (partial.label, partial.from_minutes, partial.to_minutes) == ("partial", minutes[1], minutes[0])
    assert partial.refund_percent == percent
    assert (late.label, late.from_minutes, late.to_minutes, late.refund_percent) == ("late", 0, minutes[1], 0)


@pytest.mark.parametrize(
    ("minutes_ahead", "label"),
    [
        (2881, "free"),
        (2880, "free"),
        (2879, "partial"),
        (1440, "partial"),
        (1439, "late"),
        (0, "late"),
        (-5, "late"),
    ],
)
def test_a_window_begins_at_its_exact_minute(minutes_ahead: int, label: str) -> None:
    terms = evaluate(circumstances(), RULES).cancellation
    assert terms.window_at(NOW + timedelta(minutes=minutes_ahead), NOW).label == label


def test_a_refund_rounds_half_a_cent_up() -> None:
    window = cancellation.CancellationWindow(
        label="partial", from_minutes=1440, to_minutes=2880, refund_percent=50
    )
    assert cancellation.outcome(window, paid_cents=8365, in_full=False).deposit_refund_cents == 4183
    assert cancellation.outcome(window, paid_cents=8365, in_full=True).refund_percent == 100


ALL_CIRCUMSTANCES = st.builds(
    circumstances,
    hours_ahead=st.floats(-48, 24 * 30),
    total_cents=st.none() | st.integers(0, 10**8),
    heavy=st.booleans(),
    first_time_client=st.booleans(),
    client_cancellations=st.integers(0, 3),
    deposit_waived=st.booleans(),
)
ALL_RULES = st.builds(
    PolicyRules,
    deposit_bps=st.integers(0, 10_000),
    deposit_min_cents=st.integers(0, 10**6),
    deposit_max_cents=st.integers(0, 10**6),
    high_value_cents=st.integers(0, 10**6),
    deposits_enabled=st.booleans(),
    strict=st.booleans(),
    payments_available=st.booleans(),
)


@given(facts=ALL_CIRCUMSTANCES, rules=ALL_RULES, minutes=st.lists(st.integers(-10, 9000), min_size=2))
def test_deposits_and_refunds_keep_their_law(
    facts: Circumstances, rules: PolicyRules, minutes: list[int]
) -> None:
    snapshot = evaluate(facts, rules)
    terms = snapshot.deposit
    assert terms.amount_cents >= 0
    if facts.total_cents is not None:
        assert terms.amount_cents <= facts.total_cents
    spared = {DepositBasis.DISABLED, DepositBasis.DOWNGRADED, DepositBasis.WAIVED}
    assert terms.required == (bool(terms.reasons) and terms.basis not in spared)
    refunds = [
        snapshot.cancellation.window_at(NOW + timedelta(minutes=m), NOW).refund_percent
        for m in sorted(minutes, reverse=True)
    ]
    assert refunds == sorted(refunds, reverse=True)
