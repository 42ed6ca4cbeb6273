"""Suggestions and conflicts over HTTP, on both databases."""

from uuid import uuid4

import pytest

from tests.support.answers import fields_at_fault, missing_field, ok, problem, without_request
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NOON, NORTH, TEN, WINDOW, Salon, open_salon


async def test_suggestions_name_who_is_free_best_first(salon: Salon) -> None:
    await salon.created("2026-03-03T14:00:00-05:00", team_id=NORTH, worker_ids=[ANN])
    found = ok(await salon.get("/schedule/suggestions", **WINDOW))
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
    busy = ok(await salon.get("/schedule/suggestions", **WINDOW))
    assert ([t["name"] for t in busy["teams"]], [w["name"] for w in busy["workers"]]) == (["South"], ["Bob"])
    moving = ok(await salon.get("/schedule/suggestions", **WINDOW, booking_id=made["booking_id"]))
    assert [w["name"] for w in moving["workers"]] == ["Ann", "Bob"]
    unknown = await salon.get("/schedule/suggestions", **WINDOW, booking_id=str(uuid4()))
    assert missing_field(unknown) == "booking_id"


async def test_suggested_workers_match_every_tag(salon: Salon) -> None:
    skills = [{"tag": "Windows", "expires_on": "2026-03-03"}]
    ok(await salon.shop.staff("PATCH", f"/workers/{ANN}", json={"role": "Team LEAD", "skills": skills}))
    for tags, names in ((["lead", " windows "], ["Ann"]), (["lead", "carpet"], []), (["team l"], ["Ann"])):
        found = ok(await salon.get("/schedule/suggestions", **WINDOW, skill_tags=tags))
        assert [worker["name"] for worker in found["workers"]] == names
    later = {"starts_at": "2026-03-04T10:00:00-05:00", "ends_at": "2026-03-04T11:00:00-05:00"}
    expired = ok(await salon.get("/schedule/suggestions", **later, skill_tags=["windows"]))
    assert expired["workers"] == []
    blank = await salon.get("/schedule/suggestions", **WINDOW, skill_tags=["lead", " "])
    assert fields_at_fault(blank) == {"skill_tags"}


async def test_suggestions_are_cut_at_the_limit(salon: Salon) -> None:
    found = ok(await salon.get("/schedule/suggestions", **WINDOW, limit=1))
    assert (len(found["teams"]), len(found["workers"]), found["truncated"]) == (1, 1, True)
    for limit in ("0", "501"):
        assert fields_at_fault(await salon.get("/schedule/suggestions", **WINDOW, limit=limit)) == {"limit"}


async def test_no_conflict_says_so_and_offers_nothing(salon: Salon) -> None:
    answer = ok(await salon.get("/schedule/conflicts", **WINDOW, team_id=str(NORTH), worker_id=[str(ANN)]))
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
    answer = ok(await salon.get("/schedule/conflicts", **WINDOW, team_id=str(NORTH)))
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
    ignoring = await salon.get(
        "/schedule/conflicts", **WINDOW, team_id=str(NORTH), booking_id=made["booking_id"]
    )
    assert ok(ignoring)["has_conflict"] is False


async def test_a_window_of_more_than_a_day_gets_no_alternatives(salon: Salon) -> None:
    await salon.created(TEN, team_id=NORTH)
    long = {"starts_at": TEN, "ends_at": "2026-03-04T10:00:01-05:00"}
    answer = ok(await salon.get("/schedule/conflicts", **long, team_id=str(NORTH)))
    assert (answer["has_conflict"], answer["alternatives"], answer["minimum_shift_minutes"]) == (
        True,
        [],
        None,
    )


async def test_nobody_named_means_the_bookings_people_or_every_active_team(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    other = await salon.created("2026-03-03T13:00:00-05:00", team_id=NORTH)
    later = {"starts_at": "2026-03-03T13:00:00-05:00", "ends_at": "2026-03-03T14:00:00-05:00"}
    of_booking = ok(await salon.get("/schedule/conflicts", **later, booking_id=made["booking_id"]))
    assert [(c["kind"], c["reference"]) for c in of_booking["conflicts"]] == [
        ("booking", other["booking_id"])
    ]
    everywhere = ok(await salon.get("/schedule/conflicts", **WINDOW))
    assert {c["reference"] for c in everywhere["conflicts"]} == {made["booking_id"]}
    only_bob = ok(await salon.get("/schedule/conflicts", **WINDOW, worker_id=[str(BOB)]))
    assert only_bob["has_conflict"] is False


@pytest.mark.parametrize("parameter", ["team_id", "worker_id", "booking_id"])
async def test_a_foreign_id_and_a_made_up_one_are_refused_alike(
    salon: Salon, clock: FixedClock, parameter: str
) -> None:
    async with open_salon(salon.uow, clock) as rival:
        theirs = await rival.created(TEN, team_id=NORTH)
        await rival.shop.staff("POST", "/teams", "admin", json={"name": "Theirs"})
        teams = ok(await rival.get("/teams"))["items"]
        foreign = {
            "team_id": next(t["team_id"] for t in teams if t["name"] == "Theirs"),
            "worker_id": ok(await rival.shop.staff("POST", "/workers", json={"name": "Eve"}), 201)[
                "worker_id"
            ],
            "booking_id": theirs["booking_id"],
        }[parameter]
        refused = await salon.get("/schedule/conflicts", **WINDOW, **{parameter: foreign})
    made_up = await salon.get("/schedule/conflicts", **WINDOW, **{parameter: str(uuid4())})
    problem(refused, 403, "cross_org")
    assert without_request(refused) == without_request(made_up)


@pytest.mark.parametrize("path", ["/schedule/suggestions", "/schedule/conflicts"])
@pytest.mark.parametrize(
    ("starts_at", "ends_at"), [(TEN, TEN), (NOON, TEN), (TEN, "2027-03-04T10:00:01-05:00")]
)
async def test_windows_that_are_none(office: Salon, path: str, starts_at: str, ends_at: str) -> None:
    answer = await office.get(path, starts_at=starts_at, ends_at=ends_at)
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
    assert fields_at_fault(await office.get(path, **query)) == fields


async def test_more_than_twenty_workers_are_refused(office: Salon) -> None:
    answer = await office.get("/schedule/conflicts", **WINDOW, worker_id=[str(uuid4()) for _ in range(21)])
    assert fields_at_fault(answer) == {"worker_id"}


async def test_a_blank_where_the_plus_of_an_offset_stood_is_read_as_that_plus(office: Salon) -> None:
    for sign in ("+", " ", "%2B"):
        path = f"/schedule/conflicts?starts_at=2026-03-03T16:00:00{sign}01:00&ends_at=2026-03-03T16:00:00Z"
        assert ok(await office.shop.staff("GET", path.replace(" ", "%20")))["has_conflict"] is False
