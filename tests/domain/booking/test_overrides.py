"""What administrators may decide otherwise, of which bookings, and what follows (contract §5.2, §5.3)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.booking.booking import Booking, BookingStatus, CancelledBy
from domain.booking.deposit import DepositStatus
from domain.booking.override import OverrideKind, OverrideValue, overridden, standing
from domain.booking.refusals import BookingMoveRefused
from domain.booking.risk import RiskBand
from domain.shared.errors import Invalid
from tests.support.bookings import NOW, a_booking, circumstances

LATER = NOW + timedelta(minutes=5)
DUE = a_booking(deposit_status=DepositStatus.DUE, deposit_cents=5000, expires_at=LATER)
PAID = a_booking(deposit_status=DepositStatus.PAID, deposit_cents=5000)
DONE = a_booking(status=BookingStatus.DONE)
KINDS: dict[OverrideKind, tuple[OverrideValue, ...]] = {
    OverrideKind.DEPOSIT_REQUIRED: (True, False),
    OverrideKind.DEPOSIT_CENTS: (0, 7000, 10500),
    OverrideKind.RISK_BAND: ("LOW", "MEDIUM", "HIGH"),
    OverrideKind.CANCELLATION_EXCEPTION: (True, False),
}


def decide(booking: Booking, kind: str, value: OverrideValue) -> Booking:
    return overridden(booking, OverrideKind(kind), value, "said so", now=LATER, standard_bps=2500)


def cancelled(booking: Booking, by: CancelledBy = CancelledBy.CLIENT) -> Booking:
    return booking.cancel(booking.slot.starts_at, by=by, reason="other")


def test_a_deposit_is_waived_and_its_hold_no_longer_runs_out() -> None:
    waived = decide(DUE, "deposit_required", False)
    assert (waived.deposit.required, waived.deposit.status) == (False, DepositStatus.WAIVED)
    assert (waived.expires_at, waived.status, waived.version) == (None, BookingStatus.PENDING, 2)
    assert waived.confirm(LATER).status is BookingStatus.CONFIRMED
    assert decide(waived, "deposit_required", False) is waived


def test_a_deposit_is_asked_for_after_all_as_the_terms_would_have_it() -> None:
    spared = a_booking(
        facts=circumstances(hours_ahead=30, total_cents=28035, heavy=True, deposit_waived=True)
    )
    assert not spared.policy.deposit.required
    asked = decide(spared, "deposit_required", True)
    assert (asked.deposit.required, asked.deposit.cents) == (True, 11214)  # 40 % of it: less than 48 h ahead
    assert (asked.deposit.status, asked.expires_at, asked.policy) == (DepositStatus.DUE, None, spared.policy)
    assert decide(asked, "deposit_required", True) is asked


@pytest.mark.parametrize(
    ("facts", "cents"),
    [
        ({"total_cents": 10500}, 5000),
        ({"total_cents": 36750, "hours_ahead": 12}, 18375),
        ({"total_cents": 50000, "hours_ahead": 12}, 20000),
        ({"total_cents": 4000}, 4000),
        ({"total_cents": None}, 5000),
        ({"total_cents": 30000}, 9000),
        ({"total_cents": 23900, "heavy": True}, 8365),
    ],
)
def test_what_is_asked_of_who_was_spared_is_what_the_same_terms_ask_of_others(
    facts: dict[str, int], cents: int
) -> None:
    spared = a_booking(facts=circumstances(**facts, deposit_waived=True))
    usual = a_booking(facts=circumstances(**facts, first_time_client=True))
    assert decide(spared, "deposit_required", True).deposit.cents == cents
    assert usual.policy.deposit.amount_cents == usual.policy.deposit_asked_cents(1) == cents


def test_an_amount_holds_between_nothing_and_the_total() -> None:
    assert decide(DUE, "deposit_cents", 10500).deposit.cents == 10500
    assert decide(DUE, "deposit_cents", 5000) is DUE
    for cents in (-1, 10501):
        with pytest.raises(Invalid):
            decide(DUE, "deposit_cents", cents)
    unpriced = a_booking(facts=circumstances(total_cents=None))
    set_once = decide(unpriced, "deposit_cents", 99999)
    assert (set_once.deposit.required, set_once.deposit.status) == (False, DepositStatus.NONE)
    assert decide(set_once, "deposit_required", True).deposit.cents == 99999


@pytest.mark.parametrize("status", [DepositStatus.REQUESTED, DepositStatus.FAILED])
def test_another_amount_must_be_asked_for_anew(status: DepositStatus) -> None:
    asked = a_booking(deposit_status=status, deposit_cents=5000)
    assert decide(asked, "deposit_cents", 6000).deposit.status is DepositStatus.DUE


def test_a_paid_deposit_is_past_deciding() -> None:
    for kind, value in (("deposit_required", True), ("deposit_required", False), ("deposit_cents", 1)):
        with pytest.raises(BookingMoveRefused):
            decide(PAID, kind, value)
    assert decide(PAID, "risk_band", "HIGH").risk.band is RiskBand.HIGH


def test_only_an_exception_is_made_of_what_is_over() -> None:
    for booking in (DONE, cancelled(a_booking())):
        for kind, value in (("deposit_required", True), ("deposit_cents", 1), ("risk_band", "HIGH")):
            with pytest.raises(BookingMoveRefused):
                decide(booking, kind, value)
        excepted = decide(booking, "cancellation_exception", True)
        assert (excepted.cancellation_exception, excepted.cancellation_exception_note) == (True, "said so")
        assert (excepted.status, excepted.version) == (booking.status, booking.version + 1)


def test_an_exception_refunds_what_was_called_off_too_late_and_can_be_taken_back() -> None:
    late = cancelled(PAID)
    assert late.cancelled
    assert late.cancelled.outcome
    assert late.cancelled.outcome.deposit_refund_cents == 0
    excepted = decide(late, "cancellation_exception", True)
    assert excepted.cancelled
    assert excepted.cancelled.outcome
    assert (excepted.cancelled.outcome.refund_percent, excepted.cancelled.outcome.deposit_refund_cents) == (
        100,
        5000,
    )
    again = decide(excepted, "cancellation_exception", False)
    assert (again.cancelled, again.cancellation_exception_note) == (late.cancelled, None)
    expired = DUE.expire(LATER)
    assert decide(expired, "cancellation_exception", True).cancelled == expired.cancelled


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("deposit_required", 1),
        ("deposit_required", "true"),
        ("deposit_cents", True),
        ("deposit_cents", "5000"),
        ("risk_band", "low"),
        ("risk_band", True),
        ("cancellation_exception", 0),
    ],
)
def test_a_value_is_of_its_kind(kind: str, value: OverrideValue) -> None:
    with pytest.raises(Invalid):
        decide(DUE, kind, value)


DECISIONS = st.sampled_from([(kind, value) for kind, values in KINDS.items() for value in values])


@given(st.lists(DECISIONS, max_size=8), st.sampled_from([DUE, a_booking()]))
def test_terms_stay_and_each_change_is_one_version(
    decisions: list[tuple[OverrideKind, OverrideValue]], booking: Booking
) -> None:
    for kind, value in decisions:
        after = decide(booking, kind, value)
        assert after.policy is booking.policy
        assert after.version == booking.version + (after is not booking)
        assert standing(after, kind) == value
        assert decide(after, kind, value) is after
        assert 0 <= (after.deposit.cents or 0) <= (after.total_cents or 0)
        assert not after.deposit.required or after.deposit.cents is not None
        booking = after
