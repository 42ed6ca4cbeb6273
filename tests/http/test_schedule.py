"""The board, suggestions, conflicts and slots over HTTP, on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import BookingId
from tests.support.answers import fields_at_fault, missing_field, ok, problem, without_request
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon, open_salon
from tests.support.scheduling import at

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)  # 09:00 in New York, a Monday
TEN = "2026-03-03T10:00:00-05:00"
NOON = "2026-03-03T12:00:00-05:00"
WINDOW = {"starts_at": TEN, "ends_at": NOON}


@pytest.fixture
async def salon(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    async with open_salon(uow, clock) as salon:
        yield salon


@pytest.fixture
async def office(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    """For what is refused before any row is looked at."""
    async with open_salon(memory_uow, clock) as salon:
        yield salon


async def get(salon: Salon, path: str, role: str = "dispatcher", **query: Any) -> Any:
    return await salon.shop.staff("GET", path, role, params=query)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def of_team(day: dict[str, Any], team: object) -> dict[str, Any]:
    (found,) = [row for row in day["teams"] if row["team_id"] == str(team)]
    return dict(found)


# -- the board


async def test_the_board_shows_each_teams_day(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    board = ok(await get(salon, "/schedule", day="2026-03-03"))
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
    today = ok(await get(salon, "/schedule"))
    assert [day["date"] for day in today["days"]] == ["2026-03-02"]
    week = ok(await get(salon, "/schedule", day="2026-03-08", view="week"))
    assert [day["date"] for day in week["days"]] == [f"2026-03-0{n}" for n in range(2, 9)]
    sunday = week["days"][-1]
    assert instant(sunday["ends_at"]) - instant(sunday["starts_at"]) == timedelta(hours=23)
    assert week["view"] == "week"


async def test_today_on_the_board_follows_the_organisations_zone(salon: Salon, clock: FixedClock) -> None:
    clock.set(datetime(2026, 3, 3, 3, 0, tzinfo=UTC))  # still the second in New York
    assert ok(await get(salon, "/schedule"))["days"][0]["date"] == "2026-03-02"
    async with salon.uow.begin(salon.shop.org_id) as unit:
        profile = await unit.org.lock()
        await unit.org.save(profile.edited(clock.now(), timezone="Asia/Tokyo"))
    moved = ok(await get(salon, "/schedule"))
    assert (moved["timezone"], moved["days"][0]["date"]) == ("Asia/Tokyo", "2026-03-03")


async def test_the_board_of_one_team_with_slots_and_blackouts(salon: Salon) -> None:
    closed = {
        "starts_at": "2026-03-03T09:00:00-05:00",
        "ends_at": NOON,
        "reason": "Van",
        "team_id": str(NORTH),
    }
    ok(await salon.shop.staff("POST", "/schedule/block", json=closed), 201)
    board = ok(await get(salon, "/schedule", day="2026-03-03", team_id=str(NORTH), slots_for_minutes=240))
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
    week = ok(await get(salon, "/schedule", day="2026-03-03", view="week"))
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
    board = ok(await get(salon, "/schedule", day="2026-03-03"))
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
    assert fields_at_fault(await get(office, "/schedule", **query)) == {field}


async def test_a_foreign_team_is_as_unknown_to_the_board_as_a_made_up_one(salon: Salon) -> None:
    answer = await get(salon, "/schedule", team_id=str(uuid4()))
    assert missing_field(answer) == "team_id"


@pytest.mark.parametrize("path", ["/schedule", "/schedule/suggestions", "/schedule/conflicts", "/slots"])
@pytest.mark.parametrize("role", ["viewer", "finance", "worker"])
async def test_the_calendar_is_for_dispatchers(office: Salon, path: str, role: str) -> None:
    problem(await get(office, path, role), 403, "forbidden")


# -- suggestions


async def test_suggestions_name_who_is_free_best_first(salon: Salon) -> None:
    await salon.created("2026-03-03T14:00:00-05:00", team_id=NORTH, worker_ids=[ANN])
    found = ok(await get(salon, "/schedule/suggestions", **WINDOW))
    assert [(t["name"], t["within_working_hours"], t["booked_minutes"]) for t in found["teams"]] == [
        ("South", True, 0),
        ("North", True, 120),
    ]
    assert [(w["name"], w["team_name"], w["booked_minutes"]) for w in found["workers"]] == [
        ("Bob", "South", 0),
        ("Ann", "North", 120),
    ]
    assert (found["starts_at"], found["timezone"]) == ("2026-03-03T15:00:00Z", "America/New_York")
    assert found["truncated"] is False


async def test_the_busy_are_not_suggested_and_the_booking_in_hand_is_not_in_its_own_way(
    salon: Salon,
) -> None:
    made = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    busy = ok(await get(salon, "/schedule/suggestions", **WINDOW))
    assert ([t["name"] for t in busy["teams"]], [w["name"] for w in busy["workers"]]) == (["South"], ["Bob"])
    moving = ok(await get(salon, "/schedule/suggestions", **WINDOW, booking_id=made["booking_id"]))
    assert [w["name"] for w in moving["workers"]] == ["Ann", "Bob"]
    unknown = await get(salon, "/schedule/suggestions", **WINDOW, booking_id=str(uuid4()))
    assert missing_field(unknown) == "booking_id"


async def test_suggested_workers_match_every_tag(salon: Salon) -> None:
    skills = [{"tag": "Windows", "expires_on": "2026-03-03"}]
    ok(await salon.shop.staff("PATCH", f"/workers/{ANN}", json={"role": "Team LEAD", "skills": skills}))
    for tags, names in ((["lead", " windows "], ["Ann"]), (["lead", "carpet"], []), (["team l"], ["Ann"])):
        found = ok(await get(salon, "/schedule/suggestions", **WINDOW, skill_tags=tags))
        assert [worker["name"] for worker in found["workers"]] == names
    later = {"starts_at": "2026-03-04T10:00:00-05:00", "ends_at": "2026-03-04T11:00:00-05:00"}
    expired = ok(await get(salon, "/schedule/suggestions", **later, skill_tags=["windows"]))
    assert expired["workers"] == []
    blank = await get(salon, "/schedule/suggestions", **WINDOW, skill_tags=["lead", " "])
    assert fields_at_fault(blank) == {"skill_tags"}


async def test_suggestions_are_cut_at_the_limit(salon: Salon) -> None:
    found = ok(await get(salon, "/schedule/suggestions", **WINDOW, limit=1))
    assert (len(found["teams"]), len(found["workers"]), found["truncated"]) == (1, 1, True)
    for limit in ("0", "501"):
        assert fields_at_fault(await get(salon, "/schedule/suggestions", **WINDOW, limit=limit)) == {"limit"}


# -- conflicts


async def test_no_conflict_says_so_and_offers_nothing(salon: Salon) -> None:
    answer = ok(await get(salon, "/schedule/conflicts", **WINDOW, team_id=str(NORTH), worker_id=[str(ANN)]))
    assert answer == {
        "has_conflict": False,
        "conflicts": [],
        "warnings": [],
        "truncated": False,
        "alternatives": [],
        "minimum_shift_minutes": None,
    }


async def test_a_busy_team_conflicts_and_the_nearest_free_times_are_named(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    answer = ok(await get(salon, "/schedule/conflicts", **WINDOW, team_id=str(NORTH)))
    assert answer["has_conflict"] is True
    assert answer["conflicts"] == [
        {
            "kind": "booking",
            "reference": made["booking_id"],
            "team_id": str(NORTH),
            "worker_id": None,
            "starts_at": "2026-03-03T15:00:00Z",
            "ends_at": "2026-03-03T17:00:00Z",
            "occupied_until": "2026-03-03T17:30:00Z",
            "note": None,
        }
    ]
    assert [a["starts_at"] for a in answer["alternatives"]] == [
        "2026-03-03T17:30:00Z",
        "2026-03-03T18:00:00Z",
        "2026-03-03T18:30:00Z",
    ]
    assert {a["team_name"] for a in answer["alternatives"]} == {"North"}
    assert answer["minimum_shift_minutes"] == 150
    created = await salon.create(answer["alternatives"][0]["starts_at"], team_id=NORTH)
    assert created.status_code == 201
    ignoring = await get(
        salon, "/schedule/conflicts", **WINDOW, team_id=str(NORTH), booking_id=made["booking_id"]
    )
    assert ok(ignoring)["has_conflict"] is False


async def test_a_window_of_more_than_a_day_gets_no_alternatives(salon: Salon) -> None:
    await salon.created(TEN, team_id=NORTH)
    long = {"starts_at": TEN, "ends_at": "2026-03-04T10:00:01-05:00"}
    answer = ok(await get(salon, "/schedule/conflicts", **long, team_id=str(NORTH)))
    assert (answer["has_conflict"], answer["alternatives"], answer["minimum_shift_minutes"]) == (
        True,
        [],
        None,
    )


async def test_nobody_named_means_the_bookings_people_or_every_active_team(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    other = await salon.created("2026-03-03T13:00:00-05:00", team_id=NORTH)
    later = {"starts_at": "2026-03-03T13:00:00-05:00", "ends_at": "2026-03-03T14:00:00-05:00"}
    of_booking = ok(await get(salon, "/schedule/conflicts", **later, booking_id=made["booking_id"]))
    assert [(c["kind"], c["reference"]) for c in of_booking["conflicts"]] == [
        ("booking", other["booking_id"])
    ]
    everywhere = ok(await get(salon, "/schedule/conflicts", **WINDOW))
    assert {c["reference"] for c in everywhere["conflicts"]} == {made["booking_id"]}
    only_bob = ok(await get(salon, "/schedule/conflicts", **WINDOW, worker_id=[str(BOB)]))
    assert only_bob["has_conflict"] is False


@pytest.mark.parametrize("parameter", ["team_id", "worker_id", "booking_id"])
async def test_a_foreign_id_and_a_made_up_one_are_refused_alike(
    salon: Salon, clock: FixedClock, parameter: str
) -> None:
    async with open_salon(salon.uow, clock) as rival:
        theirs = await rival.created(TEN, team_id=NORTH)
        await rival.shop.staff("POST", "/teams", "admin", json={"name": "Theirs"})
        teams = ok(await get(rival, "/teams"))["items"]
        foreign = {
            "team_id": next(t["team_id"] for t in teams if t["name"] == "Theirs"),
            "worker_id": ok(await rival.shop.staff("POST", "/workers", json={"name": "Eve"}), 201)[
                "worker_id"
            ],
            "booking_id": theirs["booking_id"],
        }[parameter]
        refused = await get(salon, "/schedule/conflicts", **WINDOW, **{parameter: foreign})
    made_up = await get(salon, "/schedule/conflicts", **WINDOW, **{parameter: str(uuid4())})
    problem(refused, 403, "cross_org")
    assert without_request(refused) == without_request(made_up)


@pytest.mark.parametrize("path", ["/schedule/suggestions", "/schedule/conflicts"])
@pytest.mark.parametrize(
    ("starts_at", "ends_at"), [(TEN, TEN), (NOON, TEN), (TEN, "2027-03-04T10:00:01-05:00")]
)
async def test_windows_that_are_none(office: Salon, path: str, starts_at: str, ends_at: str) -> None:
    answer = await get(office, path, starts_at=starts_at, ends_at=ends_at)
    assert fields_at_fault(answer, "invalid_window") == {"ends_at"}


@pytest.mark.parametrize("path", ["/schedule/suggestions", "/schedule/conflicts"])
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"starts_at": "2026-03-03T10:00:00", "ends_at": NOON}, {"starts_at"}),
        ({"starts_at": "2026-02-30T10:00:00Z", "ends_at": NOON}, {"starts_at"}),
        ({"ends_at": "x", "colour": "red"}, {"starts_at", "ends_at", "colour"}),
        ({"starts_at": "1900-01-01T00:00:00Z", "ends_at": NOON}, {"starts_at"}),
        ({"starts_at": TEN, "ends_at": "8999-01-01T00:00:00Z"}, {"ends_at"}),
        ({**WINDOW, "booking_id": "nope"}, {"booking_id"}),
    ],
)
async def test_instants_that_are_none(
    office: Salon, path: str, query: dict[str, str], fields: set[str]
) -> None:
    assert fields_at_fault(await get(office, path, **query)) == fields


async def test_more_than_twenty_workers_are_refused(office: Salon) -> None:
    answer = await get(office, "/schedule/conflicts", **WINDOW, worker_id=[str(uuid4()) for _ in range(21)])
    assert fields_at_fault(answer) == {"worker_id"}


async def test_a_blank_where_the_plus_of_an_offset_stood_is_read_as_that_plus(office: Salon) -> None:
    for sign in ("+", " ", "%2B"):
        path = f"/schedule/conflicts?starts_at=2026-03-03T16:00:00{sign}01:00&ends_at=2026-03-03T16:00:00Z"
        assert ok(await office.shop.staff("GET", path.replace(" ", "%20")))["has_conflict"] is False


# -- slots


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
    (day,) = ok(await get(salon, "/slots", **query))["days"]
    teams = {slot["starts_at"]: [team["team_name"] for team in slot["teams"]] for slot in day["slots"]}
    assert teams["2026-03-03T15:00:00Z"] == ["South"]
    assert teams["2026-03-03T17:30:00Z"] == ["North", "South"]
    (day,) = ok(await get(salon, "/slots", **query, team_id=str(NORTH)))["days"]
    assert [slot["starts_at"] for slot in day["slots"]][:1] == ["2026-03-03T17:30:00Z"]
    (day,) = ok(await get(salon, "/slots", **query, worker_id=[str(ANN)]))["days"]
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


async def test_closed_online_booking_has_days_but_no_slots(salon: Salon) -> None:
    ok(await salon.shop.staff("PATCH", "/booking-settings", "admin", json={"online_booking": False}))
    answer = ok(await salon.shop.public("GET", "/slots", params={"duration_minutes": 60}))
    assert (answer["closed"], answer["next_available"]) == (True, None)
    assert [day["slots"] for day in answer["days"]] == [[]] * 7
    staff = ok(await get(salon, "/slots", duration_minutes=60))
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
        await get(office, "/slots", duration_minutes=60, **query),
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
    assert fields_at_fault(await get(office, "/slots", **query)) == fields


async def test_unknown_people_have_no_slots(salon: Salon) -> None:
    for parameter in ("team_id", "worker_id"):
        answer = await get(salon, "/slots", duration_minutes=60, **{parameter: str(uuid4())})
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
    offered = {instant(slot["starts_at"]) for slot in day["slots"]}
    assert len(offered) == 5
    start = at("2026-03-08 00:00")
    for minutes in range(0, 6 * 60, 30):
        visitor = await salon.visitor()
        answer = await salon.book(visitor, start + timedelta(minutes=minutes))
        expected = 201 if start + timedelta(minutes=minutes) in offered else 422
        assert answer.status_code == expected, answer.text
        if answer.status_code == 201:
            ok(await salon.verb(answer.json()["booking_id"], "cancel", reason_code="duplicate"))
