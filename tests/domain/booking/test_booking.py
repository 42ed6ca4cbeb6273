"""The booking's moves (F9): the state table of the contract, cell by cell."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.booking.booking import Booking, BookingStatus, CancelledBy
from domain.booking.deposit import DepositStatus
from domain.booking.refusals import BookingMoveRefused, DepositUnpaid
from domain.booking.visit import BookedAddOn, Details
from domain.shared.ids import AddOnId, TeamId, WorkerId
from tests.support.bookings import NOW, a_booking

LATER = NOW + timedelta(minutes=5)
ANN = WorkerId(UUID(int=7))
VERBS: dict[str, Callable[[Booking], Booking]] = {
    "confirm": lambda b: b.confirm(LATER),
    "cancel": lambda b: b.cancel(LATER, by=CancelledBy.OFFICE, reason="weather"),
    "complete": lambda b: b.complete(LATER, actual_duration_minutes=100),
    "expire": lambda b: b.expire(LATER),
    "reschedule": lambda b: b.reschedule(LATER, replace(b.slot, starts_at=LATER), b.crew),
    "move": lambda b: b.reschedule(LATER, replace(b.slot, team_id=TeamId(UUID(int=2))), b.crew),
    "assign": lambda b: b.assign(LATER, (ANN,)),
    "edit": lambda b: b.edit(LATER, replace(b.details, address="1 Main St")),
    "notes": lambda b: b.edit(LATER, replace(b.details, notes="ring twice")),
}
STATES = {
    "PENDING": a_booking(),
    "overdue": a_booking(deposit_status=DepositStatus.DUE, deposit_cents=5000, expires_at=LATER),
    "CONFIRMED": a_booking(status=BookingStatus.CONFIRMED),
    "DONE": a_booking(status=BookingStatus.DONE),
    "CANCELLED": a_booking().cancel(NOW, by=CancelledBy.OFFICE, reason="weather"),
}
REFUSED, NOTHING, STAYS = "refused", "nothing", "stays"
TABLE = {
    "PENDING": {"confirm": "CONFIRMED", "cancel": "CANCELLED", "complete": REFUSED, "expire": NOTHING},
    "overdue": {"cancel": "CANCELLED", "complete": REFUSED, "expire": "CANCELLED"},
    "CONFIRMED": {"confirm": NOTHING, "cancel": "CANCELLED", "complete": "DONE", "expire": NOTHING},
    "DONE": {"confirm": REFUSED, "cancel": REFUSED, "complete": NOTHING, "expire": NOTHING, "notes": STAYS},
    "CANCELLED": {"confirm": REFUSED, "cancel": NOTHING, "complete": REFUSED, "expire": NOTHING},
}
CHANGES = ("reschedule", "move", "assign", "edit", "notes")
CELLS = [
    (state, verb, moves.get(verb, STAYS if state in {"PENDING", "overdue", "CONFIRMED"} else REFUSED))
    for state, moves in TABLE.items()
    for verb in (*moves, *(change for change in CHANGES if change not in moves))
]


@pytest.mark.parametrize(("state", "verb", "expected"), CELLS)
def test_every_cell_of_the_state_table(state: str, verb: str, expected: str) -> None:
    before = STATES[state]
    if expected is REFUSED:
        with pytest.raises(BookingMoveRefused):
            VERBS[verb](before)
        return
    after = VERBS[verb](before)
    if expected is NOTHING:
        assert after is before
        return
    assert after.status == (before.status if expected is STAYS else expected)
    assert (after.version, after.updated_at) == (before.version + 1, LATER)


@pytest.mark.parametrize("verb", CHANGES)
def test_a_change_repeated_changes_nothing(verb: str) -> None:
    once = VERBS[verb](a_booking())
    assert VERBS[verb](once) is once


def test_a_new_buffer_alone_moves_nothing() -> None:
    booking = a_booking()
    assert booking.reschedule(LATER, replace(booking.slot, buffer_minutes=90), booking.crew) is booking


def test_an_unpaid_deposit_stops_confirmation_until_it_is_waived() -> None:
    booking = a_booking(deposit_status=DepositStatus.DUE, deposit_cents=5000, expires_at=LATER)
    with pytest.raises(DepositUnpaid):
        booking.confirm(NOW)
    confirmed = booking.confirm(NOW, waive_deposit=True)
    assert (confirmed.deposit.status, confirmed.expires_at) == (DepositStatus.WAIVED, None)
    assert confirmed.deposit == booking.waive_deposit(NOW).deposit, "by whichever way"
    assert not confirmed.deposit.required


@pytest.mark.parametrize(
    ("status", "after"),
    [("due", "expired"), ("requested", "expired"), ("failed", "expired"), ("paid", "paid"), ("none", "none")],
)
def test_cancelling_ends_what_was_still_to_be_paid(status: str, after: str) -> None:
    booking = a_booking(deposit_status=DepositStatus(status), deposit_cents=5000)
    cancelled = booking.cancel(LATER, by=CancelledBy.OFFICE, reason="weather")
    assert cancelled.deposit.status == after


@pytest.mark.parametrize(
    ("by", "exception", "percent"),
    [(CancelledBy.CLIENT, False, 50), (CancelledBy.CLIENT, True, 100), (CancelledBy.OFFICE, False, 100)],
)
def test_who_cancels_decides_the_refund(by: CancelledBy, exception: bool, percent: int) -> None:
    booking = a_booking(
        starts_at=NOW + timedelta(hours=30),
        deposit_status=DepositStatus.PAID,
        deposit_cents=8365,
        cancellation_exception=exception,
    )
    cancelled = booking.cancel(NOW, by=by, reason="client_request").cancelled
    assert cancelled is not None
    assert cancelled.outcome is not None
    assert (cancelled.outcome.label, cancelled.outcome.refund_percent) == ("partial", percent)
    assert cancelled.outcome.deposit_refund_cents == (8365 if percent == 100 else 4183)


def test_an_overdue_hold_holds_nothing_from_its_very_instant() -> None:
    booking = a_booking(deposit_status=DepositStatus.DUE, deposit_cents=5000, expires_at=LATER)
    assert booking.holds(LATER - timedelta(microseconds=1))
    assert not booking.holds(LATER)
    expired = booking.expire(LATER)
    assert expired.cancelled is not None
    assert (expired.cancelled.by, expired.cancelled.reason) == (CancelledBy.SYSTEM, "expired")
    assert expired.cancelled.outcome is None


def test_planned_minutes_share_the_extras_among_the_crew() -> None:
    oven = BookedAddOn(
        add_on_id=AddOnId(UUID(int=3)), code="oven", name="Oven", qty=3, unit_price_cents=3000, minutes=75
    )
    assert a_booking(add_ons=(oven,), crew_needed=2).planned_minutes == 120 + 38


def test_details_of_a_finished_visit_are_its_notes_alone() -> None:
    done = a_booking(status=BookingStatus.DONE)
    with pytest.raises(BookingMoveRefused):
        done.edit(LATER, Details(service_type="standard", notes="x", access_notes="y"))
