"""The board over HTTP, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.shared.ids import BookingId
from tests.support.answers import fields_at_fault, missing_field, ok, problem
from tests.support.clock import FixedClock
from tests.support.salon import ANN, NOON, NORTH, SOUTH, TEN, Salon


def of_team(day: dict[str, Any], team: object) -> dict[str, Any]:
    (found,) = [row for row in day["teams"] if row["team_id"] == str(team)]
    return dict(found)


async def test_the_board_shows_each_teams_day(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    board = ok(await salon.get("/schedule", day="2026-03-03"))
    assert (board["timezone"], board["view"], board["truncated"]) == ("America/New_York", "day", False)
    assert (board["starts_at"], board["ends_at"]) == ("2026-03-03T05:00:00Z", "2026-03-04T05:00:00Z")
    (day,) = board["days"]
    assert [row["team_name"] for row in day["teams"]] == ["North", "South"]
    north, south = of_team(day, NORTH), of_team(day, SOUTH)
    (booking,) = north["bookings"]
    assert booking["booking_id"] == made["booking_id"]
    assert booking["crew"] == [{"worker_id": str(ANN), "name": "Ann"}]
    assert (booking["starts_at"], booking["occupied_until"]) == (
        "2026-03-03T15:00:00Z",
        "2026-03-03T17:30:00Z",
    )
    assert north["working"] == [{"starts_at": "2026-03-03T14:00:00Z", "ends_at": "2026-03-03T23:00:00Z"}]
    assert (north["booked_minutes"], north["free_minutes"]) == (120, 540 - 150)
    assert (south["bookings"], south["booked_minutes"], south["free_minutes"]) == ([], 0, 540)
    assert "available_slots" not in north


async def test_the_board_is_of_today_by_default_and_of_a_week_from_monday(salon: Salon) -> None:
    today = ok(await salon.get("/schedule"))
    assert [day["date"] for day in today["days"]] == ["2026-03-02"]
    week = ok(await salon.get("/schedule", day="2026-03-08", view="week"))
    assert [day["date"] for day in week["days"]] == [f"2026-03-0{n}" for n in range(2, 9)]
    sunday = week["days"][-1]
    assert datetime.fromisoformat(sunday["ends_at"]) - datetime.fromisoformat(
        sunday["starts_at"]
    ) == timedelta(hours=23)
    assert week["view"] == "week"


async def test_today_on_the_board_follows_the_organisations_zone(salon: Salon, clock: FixedClock) -> None:
    clock.set(datetime(2026, 3, 3, 3, 0, tzinfo=UTC))  # still the second in New York
    assert ok(await salon.get("/schedule"))["days"][0]["date"] == "2026-03-02"
    async with salon.uow.begin(salon.shop.org_id) as unit:
        profile = await unit.org.lock()
        await unit.org.save(profile.edited(clock.now(), timezone="Asia/Tokyo"))
    moved = ok(await salon.get("/schedule"))
    assert (moved["timezone"], moved["days"][0]["date"]) == ("Asia/Tokyo", "2026-03-03")


async def test_the_board_of_one_team_with_slots_and_blackouts(salon: Salon) -> None:
    closed = {
        "starts_at": "2026-03-03T09:00:00-05:00",
        "ends_at": NOON,
        "reason": "Van",
        "team_id": str(NORTH),
    }
    ok(await salon.shop.staff("POST", "/schedule/block", json=closed), 201)
    board = ok(await salon.get("/schedule", day="2026-03-03", team_id=str(NORTH), slots_for_minutes=240))
    (row,) = board["days"][0]["teams"]
    assert [blackout["reason"] for blackout in row["blackouts"]] == ["Van"]
    assert [slot["starts_at"] for slot in row["available_slots"]] == [
        "2026-03-03T17:00:00Z",
        "2026-03-03T17:30:00Z",
        "2026-03-03T18:00:00Z",
        "2026-03-03T18:30:00Z",
        "2026-03-03T19:00:00Z",
    ]
    assert row["free_minutes"] == 360


async def test_a_booking_over_midnight_is_on_both_days_and_its_minutes_add_up(salon: Salon) -> None:
    await salon.created("2026-03-03T23:15:00-05:00", team_id=NORTH, duration_minutes=120)
    week = ok(await salon.get("/schedule", day="2026-03-03", view="week"))
    minutes = {day["date"]: of_team(day, NORTH)["booked_minutes"] for day in week["days"]}
    assert {day: count for day, count in minutes.items() if count} == {"2026-03-03": 45, "2026-03-04": 75}


async def test_the_board_keeps_done_bookings_and_drops_cancelled_and_overdue_ones(
    salon: Salon, clock: FixedClock
) -> None:
    done = await salon.created(TEN, team_id=NORTH)
    cancelled = await salon.created(TEN, team_id=SOUTH)
    async with salon.uow.begin(salon.shop.org_id) as unit:
        booking = await unit.bookings.lock(BookingId(UUID(done["booking_id"])))
        await unit.bookings.save(booking.complete(clock.now(), actual_duration_minutes=100))
    ok(await salon.verb(cancelled["booking_id"], "cancel", reason_code="weather"))
    board = ok(await salon.get("/schedule", day="2026-03-03"))
    assert [b["status"] for b in of_team(board["days"][0], NORTH)["bookings"]] == ["DONE"]
    assert of_team(board["days"][0], SOUTH)["bookings"] == []
    assert of_team(board["days"][0], NORTH)["free_minutes"] == 420  # what is done holds no buffer


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"day": "2026-02-30"}, "day"),
        ({"day": "tomorrow"}, "day"),
        ({"day": "1888-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"view": "month"}, "view"),
        ({"team_id": "7"}, "team_id"),
        ({"slots_for_minutes": "14"}, "slots_for_minutes"),
        ({"slots_for_minutes": "1441"}, "slots_for_minutes"),
        ({"from": "2026-03-02"}, "from"),
    ],
)
async def test_a_board_that_cannot_be_asked_for(office: Salon, query: dict[str, str], field: str) -> None:
    assert fields_at_fault(await office.get("/schedule", **query)) == {field}


async def test_a_foreign_team_is_as_unknown_to_the_board_as_a_made_up_one(salon: Salon) -> None:
    answer = await salon.get("/schedule", team_id=str(uuid4()))
    assert missing_field(answer) == "team_id"


@pytest.mark.parametrize("path", ["/schedule", "/schedule/suggestions", "/schedule/conflicts", "/slots"])
@pytest.mark.parametrize("role", ["viewer", "finance", "worker"])
async def test_the_calendar_is_for_dispatchers(office: Salon, path: str, role: str) -> None:
    problem(await office.get(path, role), 403, "forbidden")
