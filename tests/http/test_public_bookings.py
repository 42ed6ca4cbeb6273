"""Visitors book over HTTP, on both databases; their holds end by themselves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from application.ports.unit_of_work import UnitOfWork
from tests.support.clock import FixedClock
from tests.support.salon import SOUTH, Salon, open_salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")  # nine days ahead
HOUR = timedelta(hours=1)


@pytest.fixture
async def salon(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    async with open_salon(uow, clock, office_email="office@example.com") as opened:
        yield opened


async def test_a_visitor_books_and_waits_for_the_office(salon: Salon) -> None:
    visitor = await salon.visitor()
    answer = await salon.book(visitor, TEN)
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == {
        "booking_id",
        "status",
        "starts_at",
        "ends_at",
        "duration_minutes",
        "timezone",
        "service_type",
        "total_before_tax_cents",
        "currency",
        "deposit_required",
        "deposit_cents",
        "deposit_status",
        "expires_at",
        "cancellation_windows",
    }
    assert (made["status"], made["duration_minutes"], made["total_before_tax_cents"]) == (
        "PENDING",
        180,
        10500,
    )
    mails = await salon.mails(made["booking_id"])
    assert {end: mail["to"] for end, mail in mails.items()} == {
        "pending": "visitor1@example.com",
        "office_notice": "office@example.com",
    }
    assert await salon.actions(made["booking_id"]) == ["booking_create"]
    assert (await salon.ledger())["usage"] == [["booking_created", 1, made["booking_id"]]]
    assert await salon.lead_status(visitor["lead_id"]) == "NEW"


async def test_the_same_request_again_is_the_same_booking(salon: Salon) -> None:
    visitor = await salon.visitor()
    first = await salon.book(visitor, TEN)
    written = await salon.ledger()
    again = await salon.book(visitor, TEN)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await salon.ledger() == written
    other = await salon.book(visitor, TEN + 24 * HOUR)
    assert (other.status_code, other.json()["type"]) == (409, "lead_already_booked")


async def test_auto_confirm_confirms_what_nothing_speaks_against(uow: UnitOfWork, clock: FixedClock) -> None:
    async with open_salon(uow, clock, auto_confirm=True) as salon:
        visitor = await salon.visitor()
        made = (await salon.book(visitor, TEN)).json()
        assert made["status"] == "CONFIRMED"
        assert set(await salon.mails(made["booking_id"])) == {"confirmed"}
        assert await salon.lead_status(visitor["lead_id"]) == "BOOKED"
        assert (await salon.read(made["booking_id"]))["version"] == 1


async def test_high_risk_waits_for_a_dispatcher(uow: UnitOfWork, clock: FixedClock) -> None:
    async with open_salon(
        uow, clock, auto_confirm=True, high_value_cents=10000, flagged_postal_prefixes=("H2",)
    ) as salon:
        visitor = await salon.visitor(postal_code="h2x 1y4")
        made = (await salon.book(visitor, at("2026-03-02 14:00"))).json()
        shown = await salon.read(made["booking_id"])
        assert (shown["risk_score"], shown["risk_band"], shown["status"]) == (80, "HIGH", "PENDING")
        assert shown["expires_at"] is None
        assert (await salon.verb(made["booking_id"], "confirm")).status_code == 200


async def test_a_due_deposit_holds_the_time_for_a_while(paying_salon: Salon, clock: FixedClock) -> None:
    salon = paying_salon
    visitor = await salon.visitor()
    made = (await salon.book(visitor, TEN)).json()
    assert (made["deposit_required"], made["deposit_cents"], made["deposit_status"]) == (True, 5000, "due")
    assert made["expires_at"] == "2026-03-02T14:30:00Z"
    booking_id = made["booking_id"]
    unpaid = await salon.verb(booking_id, "confirm")
    assert (unpaid.status_code, unpaid.json()["type"]) == (409, "deposit_unpaid")
    hasty = await salon.verb(booking_id, "confirm", waive_deposit_reason="a friend")
    assert hasty.status_code == 403
    waived = await salon.verb(booking_id, "confirm", "admin", waive_deposit_reason="a friend")
    assert (waived.status_code, waived.json()["deposit_status"]) == (200, "waived")
    assert waived.json()["expires_at"] is None
    clock.advance(hours=5)
    assert (await salon.read(booking_id))["status"] == "CONFIRMED"


async def test_an_overdue_hold_gives_way_to_who_wants_its_time(
    paying_salon: Salon, clock: FixedClock
) -> None:
    salon = paying_salon
    late, quick = await salon.visitor(), await salon.visitor()
    async with salon.uow.begin(salon.shop.org_id) as unit:
        south = await unit.teams.get(SOUTH)
        await unit.teams.save(south.changed(clock.now(), is_active=False))
    lost = (await salon.book(late, TEN)).json()["booking_id"]
    assert (await salon.book(quick, TEN + HOUR)).status_code == 409
    clock.advance(minutes=30)
    assert (await salon.book(quick, TEN + HOUR)).status_code == 201
    shown = await salon.read(lost)
    assert (shown["status"], shown["cancelled_by"], shown["cancel_reason"]) == (
        "CANCELLED",
        "system",
        "expired",
    )
    assert (shown["deposit_status"], shown["cancellation"]) == ("expired", None)
    mails = await salon.mails(lost)
    assert mails["expired"]["template"] == "booking_expired"
    assert mails["pending"]["outcome"] == "withdrawn"
    assert await salon.actions(lost) == ["booking_create", "booking_expire"]


async def test_an_overdue_hold_that_nobody_took_is_confirmed_where_it_is(
    paying_salon: Salon, clock: FixedClock
) -> None:
    """Also into a blackout that could be made meanwhile: the visit stands in it as one that was kept does."""
    salon = paying_salon
    made = (await salon.book(await salon.visitor(), TEN)).json()["booking_id"]
    clock.advance(minutes=30)
    closed = {"starts_at": TEN.isoformat(), "ends_at": (TEN + HOUR).isoformat()}
    assert (await salon.shop.staff("POST", "/blackouts", json=closed)).status_code == 201
    confirmed = await salon.verb(made, "confirm", "admin", waive_deposit_reason="a friend")
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "CONFIRMED")
    again = await salon.shop.staff("POST", "/blackouts", json=closed)
    assert (again.status_code, again.json()["type"]) == (409, "blackout_overlaps_bookings")


async def test_the_clean_up_expires_the_overdue_once(paying_salon: Salon, clock: FixedClock) -> None:
    salon = paying_salon
    made = [
        (await salon.book(await salon.visitor(), TEN + 24 * day * HOUR)).json()["booking_id"]
        for day in range(3)
    ]
    assert (await salon.shop.staff("POST", "/cleanup", "dispatcher")).status_code == 403
    clock.advance(minutes=31)
    answer = await salon.shop.staff("POST", "/cleanup", "admin")
    assert (answer.status_code, answer.json()) == (202, {"status": "done", "expired": 3, "remaining": 0})
    written = await salon.ledger()
    assert (await salon.shop.staff("POST", "/cleanup", "admin")).json()["expired"] == 0
    assert await salon.ledger() == written
    assert {(await salon.read(booking_id))["status"] for booking_id in made} == {"CANCELLED"}
