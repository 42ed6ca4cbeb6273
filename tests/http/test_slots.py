"""Slots over HTTP, on both databases."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.answers import fields_at_fault, missing_field, ok
from tests.support.salon import ANN, NORTH, SOUTH, TEN, Salon
from tests.support.scheduling import at


async def test_the_public_sees_what_can_be_booked_on_any_team(salon: Salon) -> None:
    await salon.created(TEN, team_id=NORTH)
    answer = ok(
        await salon.shop.public("GET", "/slots", params={"duration_minutes": 120, "to": "2026-03-03"})
    )
    assert (answer["timezone"], answer["duration_minutes"], answer["closed"]) == (
        "America/New_York",
        120,
        False,
    )
    today, tomorrow = answer["days"]
    assert (today["date"], tomorrow["date"]) == ("2026-03-02", "2026-03-03")
    assert today["slots"][0] == {"starts_at": "2026-03-02T16:00:00Z", "ends_at": "2026-03-02T18:00:00Z"}
    assert len(tomorrow["slots"]) == 15
    assert answer["next_available"] == "2026-03-02T16:00:00Z"


async def test_staff_see_the_teams_of_each_slot(salon: Salon) -> None:
    await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    query: dict[str, Any] = {"duration_minutes": 120, "from": "2026-03-03", "to": "2026-03-03"}
    (day,) = ok(await salon.get("/slots", **query))["days"]
    teams = {slot["starts_at"]: [team["team_name"] for team in slot["teams"]] for slot in day["slots"]}
    assert teams["2026-03-03T15:00:00Z"] == ["South"]
    assert teams["2026-03-03T17:30:00Z"] == ["North", "South"]
    (day,) = ok(await salon.get("/slots", **query, team_id=str(NORTH)))["days"]
    assert [slot["starts_at"] for slot in day["slots"]][:1] == ["2026-03-03T17:30:00Z"]
    (day,) = ok(await salon.get("/slots", **query, worker_id=[str(ANN)]))["days"]
    assert [slot["starts_at"] for slot in day["slots"]][:1] == ["2026-03-03T17:30:00Z"]


async def test_the_next_free_start_is_found_beyond_the_days_asked_for(salon: Salon) -> None:
    closed = {"starts_at": "2026-03-01T00:00:00-05:00", "ends_at": "2026-04-20T00:00:00-04:00"}
    ok(await salon.shop.staff("POST", "/blackouts", json=closed), 201)
    answer = ok(await salon.shop.public("GET", "/slots", params={"duration_minutes": 60}))
    assert all(day["slots"] == [] for day in answer["days"])
    assert len(answer["days"]) == 7
    assert answer["next_available"] == "2026-04-20T13:00:00Z"
    far = ok(await salon.shop.public("GET", "/slots", params={"duration_minutes": 60, "from": "2026-06-01"}))
    assert far["next_available"] is None


async def test_staff_look_for_the_next_free_start_as_far_as_they_may_book(salon: Salon) -> None:
    """Farther than the public: to two years ahead, and not a moment more."""
    year = {"starts_at": "2026-03-01T00:00:00-05:00", "ends_at": "2027-03-01T00:00:00-05:00"}
    next_year = {"starts_at": year["ends_at"], "ends_at": "2028-02-29T00:00:00-05:00"}
    for closed in (year, next_year):
        ok(await salon.shop.staff("POST", "/blackouts", json=closed), 201)
    first = ok(await salon.get("/slots", duration_minutes=60))["next_available"]
    assert first == "2028-02-29T14:00:00Z"
    visit = await salon.created(first, duration_minutes=60)
    assert visit["warnings"] == []
    rest = {"starts_at": "2028-02-28T00:00:00-05:00", "ends_at": "2028-03-10T00:00:00-05:00"}
    ok(await salon.shop.staff("POST", "/blackouts", json={**rest, "keep_bookings": True}), 201)
    assert ok(await salon.get("/slots", duration_minutes=60))["next_available"] is None


async def test_closed_online_booking_has_days_but_no_slots(salon: Salon) -> None:
    ok(await salon.shop.staff("PATCH", "/booking-settings", "admin", json={"online_booking": False}))
    answer = ok(await salon.shop.public("GET", "/slots", params={"duration_minutes": 60}))
    assert (answer["closed"], answer["next_available"]) == (True, None)
    assert [day["slots"] for day in answer["days"]] == [[]] * 7
    staff = ok(await salon.get("/slots", duration_minutes=60))
    assert (staff["closed"], bool(staff["days"][0]["slots"])) == (False, True)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-05", "to": "2026-03-04"},
        {"to": "2026-03-01"},
        {"from": "2026-03-01", "to": "2026-04-01"},
        {"from": "2000-01-01", "to": "2199-12-31"},
    ],
)
async def test_days_that_are_no_period(office: Salon, query: dict[str, str]) -> None:
    for answer in (
        await office.shop.public("GET", "/slots", params={"duration_minutes": 60, **query}),
        await office.get("/slots", duration_minutes=60, **query),
    ):
        assert fields_at_fault(answer, "invalid_window") == {"to"}


async def test_thirty_one_days_may_be_asked_for(salon: Salon) -> None:
    query = {"duration_minutes": 60, "from": "2026-03-01", "to": "2026-03-31"}
    assert len(ok(await salon.shop.public("GET", "/slots", params=query))["days"]) == 31


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, {"duration_minutes"}),
        ({"duration_minutes": "14"}, {"duration_minutes"}),
        ({"duration_minutes": "1441"}, {"duration_minutes"}),
        ({"duration_minutes": "60.5"}, {"duration_minutes"}),
        ({"duration_minutes": "60", "from": "2026-02-29"}, {"from"}),
        ({"duration_minutes": "60", "from": "1999-12-31", "to": "2000-01-02"}, {"from"}),
        ({"duration_minutes": "60", "to": "9999-12-31"}, {"to"}),
        ({"duration_minutes": "60", "team": "x"}, {"team"}),
    ],
)
async def test_slots_that_cannot_be_asked_for(office: Salon, query: dict[str, str], fields: set[str]) -> None:
    assert fields_at_fault(await office.shop.public("GET", "/slots", params=query)) == fields
    assert fields_at_fault(await office.get("/slots", **query)) == fields


async def test_unknown_people_have_no_slots(salon: Salon) -> None:
    for parameter in ("team_id", "worker_id"):
        answer = await salon.get("/slots", duration_minutes=60, **{parameter: str(uuid4())})
        assert missing_field(answer) == parameter


async def test_every_slot_the_public_sees_can_be_booked_and_no_other(salon: Salon) -> None:
    """On the day of the spring change, over a night shift (F2)."""
    hours = [{"day_of_week": 6, "start_time": "00:00", "end_time": "06:00"}]
    for team in (NORTH, SOUTH):
        ok(
            await salon.shop.staff(
                "PUT", f"/teams/{team}/working-hours", "admin", json={"hours": hours if team == NORTH else []}
            )
        )
    query = {"duration_minutes": 180, "from": "2026-03-08", "to": "2026-03-08"}
    (day,) = ok(await salon.shop.public("GET", "/slots", params=query))["days"]
    offered = {datetime.fromisoformat(slot["starts_at"]) for slot in day["slots"]}
    assert len(offered) == 5
    start = at("2026-03-08 00:00")
    for minutes in range(0, 6 * 60, 30):
        visitor = await salon.visitor()
        answer = await salon.book(visitor, start + timedelta(minutes=minutes))
        expected = 201 if start + timedelta(minutes=minutes) in offered else 422
        assert answer.status_code == expected, answer.text
        if answer.status_code == 201:
            ok(await salon.verb(answer.json()["booking_id"], "cancel", reason_code="duplicate"))
