"""Teams and working hours over HTTP, on both databases."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.answers import fields_at_fault, missing_field, ok, problem, without_request
from tests.support.clock import FixedClock
from tests.support.salon import ANN, NORTH, SOUTH, Salon, open_salon
from tests.support.trail import audited

DAILY = [{"day_of_week": day, "start_time": "09:00", "end_time": "18:00"} for day in range(7)]


async def call(salon: Salon, method: str, path: str, role: str = "admin", **parts: Any) -> Any:
    return await salon.shop.staff(method, path, role, **parts)


async def add(salon: Salon, **body: Any) -> dict[str, Any]:
    return dict(ok(await call(salon, "POST", "/teams", json=body), 201))


async def test_a_new_team_is_answered_whole_and_can_be_read_again(salon: Salon) -> None:
    answer = await call(salon, "POST", "/teams", json={"name": "  East ", "color": "#AABBCC"})
    team = ok(answer, 201)
    assert answer.headers["location"] == f"/v1/admin/teams/{team['team_id']}"
    assert answer.headers["etag"] == '"1"'
    assert team == {
        "team_id": team["team_id"],
        "name": "East",
        "color": "#aabbcc",
        "is_active": True,
        "is_default": False,
        "worker_count": 0,
        "version": 1,
        "created_at": "2026-03-02T14:00:00Z",
        "updated_at": "2026-03-02T14:00:00Z",
    }
    read = await call(salon, "GET", f"/teams/{team['team_id']}", "viewer")
    assert ok(read) == team
    fresh = await call(salon, "GET", f"/teams/{team['team_id']}", headers={"if-none-match": '"1"'})
    assert (fresh.status_code, fresh.content) == (304, b"")


async def test_teams_are_listed_by_name_in_pages(salon: Salon) -> None:
    await add(salon, name="alpha", is_active=False)
    first = ok(await call(salon, "GET", "/teams", "viewer", params={"limit": 2}))
    rest = ok(await call(salon, "GET", "/teams", params={"cursor": first["next_cursor"]}))
    assert [team["name"] for team in first["items"] + rest["items"]] == ["alpha", "North", "South"]
    assert rest["next_cursor"] is None
    assert [team["worker_count"] for team in first["items"]] == [0, 1]
    inactive = ok(await call(salon, "GET", "/teams", params={"active": "false"}))
    assert [team["name"] for team in inactive["items"]] == ["alpha"]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WyJhXHUwMDAwIiwgIm4iXQ", "bnVsbA", "é"])
async def test_a_cursor_of_no_list_is_refused(office: Salon, cursor: str) -> None:
    for path in ("/teams", "/workers", "/blackouts"):
        assert fields_at_fault(await call(office, "GET", path, params={"cursor": cursor})) == {"cursor"}


async def test_a_name_is_taken_whatever_its_case(salon: Salon) -> None:
    problem(await call(salon, "POST", "/teams", json={"name": "nORTH"}), 409, "team_name_taken")
    answer = await call(salon, "PATCH", f"/teams/{SOUTH}", json={"name": "NORTH"})
    assert problem(answer, 409, "team_name_taken")["errors"][0]["field"] == "name"
    assert ok(await call(salon, "PATCH", f"/teams/{NORTH}", json={"name": "NORTH"}))["name"] == "NORTH"


async def test_the_mark_of_the_default_team_moves(salon: Salon) -> None:
    moved = ok(await call(salon, "PATCH", f"/teams/{SOUTH}", json={"is_default": True}))
    assert (moved["is_default"], moved["version"]) == (True, 2)
    before = ok(await call(salon, "GET", f"/teams/{NORTH}"))
    assert (before["is_default"], before["version"]) == (False, 2)
    for team in (NORTH, SOUTH):
        assert await audited(salon.uow, salon.shop.org_id, str(team)) == ["team_update"]
    fresh = await add(salon, name="West", is_default=True)
    teams = ok(await call(salon, "GET", "/teams"))["items"]
    assert [team["team_id"] for team in teams if team["is_default"]] == [fresh["team_id"]]
    worker = ok(await call(salon, "POST", "/workers", json={"name": "Cy"}), 201)
    assert worker["team_id"] == fresh["team_id"]


async def test_the_default_team_stays_and_stays_active(salon: Salon) -> None:
    problem(await call(salon, "DELETE", f"/teams/{NORTH}"), 409, "team_in_use")
    problem(await call(salon, "PATCH", f"/teams/{NORTH}", json={"is_active": False}), 409, "team_in_use")
    unmarked = await call(salon, "PATCH", f"/teams/{NORTH}", json={"is_default": False})
    assert fields_at_fault(unmarked) == {"is_default"}
    off = await add(salon, name="Off", is_active=False)
    marked = await call(salon, "PATCH", f"/teams/{off['team_id']}", json={"is_default": True})
    problem(marked, 409, "team_in_use")
    both = await call(
        salon, "PATCH", f"/teams/{off['team_id']}", json={"is_default": True, "is_active": True}
    )
    assert ok(both)["is_default"] is True


async def test_a_team_with_bookings_to_come_cannot_be_switched_off(salon: Salon, clock: FixedClock) -> None:
    made = await salon.created("2026-03-03T10:00:00-05:00", team_id=SOUTH)
    switched = await call(salon, "PATCH", f"/teams/{SOUTH}", json={"is_active": False})
    problem(switched, 409, "team_in_use")
    ok(await salon.verb(made["booking_id"], "cancel", reason_code="weather"))
    assert ok(await call(salon, "PATCH", f"/teams/{SOUTH}", json={"is_active": False}))["is_active"] is False
    problem(await call(salon, "DELETE", f"/teams/{SOUTH}"), 409, "team_in_use")
    refused = await salon.create("2026-03-03T10:00:00-05:00", team_id=SOUTH)
    problem(refused, 409, "team_inactive")


async def test_only_a_team_that_nothing_names_can_be_deleted(salon: Salon) -> None:
    problem(await call(salon, "DELETE", f"/teams/{SOUTH}"), 409, "team_in_use")
    team = await add(salon, name="Brief")
    path = f"/teams/{team['team_id']}"
    ok(await call(salon, "PUT", f"{path}/working-hours", json={"hours": DAILY}))
    stale = await call(salon, "DELETE", path, headers={"if-match": '"1"'})
    problem(stale, 412, "version_conflict")
    gone = await call(salon, "DELETE", path, headers={"if-match": '"2"'})
    assert (gone.status_code, gone.content) == (204, b"")
    assert missing_field(await call(salon, "GET", path)) == "team_id"


async def test_a_team_that_something_named_once_cannot_be_deleted(salon: Salon) -> None:
    closed, staffed, booked = [(await add(salon, name=name))["team_id"] for name in ("A", "B", "C")]
    period = {"starts_at": "2026-04-01T00:00:00Z", "ends_at": "2026-04-02T00:00:00Z"}
    blackout = ok(await call(salon, "POST", "/blackouts", json={**period, "team_id": closed}), 201)
    ok(await call(salon, "DELETE", f"/blackouts/{blackout['blackout_id']}"), 204)
    worker = ok(await call(salon, "POST", "/workers", json={"name": "Cy", "team_id": staffed}), 201)
    ok(await call(salon, "PATCH", f"/workers/{worker['worker_id']}", json={"team_id": str(SOUTH)}))
    booking = await salon.created("2026-03-03T10:00:00-05:00", team_id=booked)
    await salon.verb(booking["booking_id"], "reschedule", starts_at=booking["starts_at"], team_id=str(SOUTH))
    for team_id in (closed, staffed, booked):
        problem(await call(salon, "DELETE", f"/teams/{team_id}"), 409, "team_in_use")


async def test_a_change_that_changes_nothing_keeps_the_version(salon: Salon) -> None:
    same = await call(salon, "PATCH", f"/teams/{SOUTH}", json={"name": "South", "is_default": False})
    assert ok(same)["version"] == 1
    assert ok(await call(salon, "PATCH", f"/teams/{SOUTH}", json={}))["version"] == 1
    stale = await call(salon, "PATCH", f"/teams/{SOUTH}", json={"name": "S"}, headers={"if-match": '"2"'})
    problem(stale, 412, "version_conflict")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name"}),
        ({"name": ""}, {"name"}),
        ({"name": "   "}, {"name"}),
        ({"name": "x" * 81}, {"name"}),
        ({"name": "a\u0000b"}, {"name"}),
        (
            {"name": 7, "color": "red", "is_active": "yes", "extra": 1},
            {"name", "color", "is_active", "extra"},
        ),
        ({"name": None}, {"name"}),
    ],
)
async def test_a_team_that_cannot_be_added(office: Salon, body: dict[str, Any], fields: set[str]) -> None:
    assert fields_at_fault(await call(office, "POST", "/teams", json=body)) == fields


async def test_only_an_admin_writes_teams(office: Salon) -> None:
    for role in ("dispatcher", "finance", "viewer"):
        problem(await call(office, "POST", "/teams", role, json={"name": "No"}), 403, "forbidden")
        problem(await call(office, "PATCH", f"/teams/{SOUTH}", role, json={"name": "No"}), 403, "forbidden")
        problem(await call(office, "DELETE", f"/teams/{SOUTH}", role), 403, "forbidden")
        hours = await call(office, "PUT", f"/teams/{SOUTH}/working-hours", role, json={"hours": None})
        problem(hours, 403, "forbidden")
        ok(await call(office, "GET", "/teams", role))
        ok(await call(office, "GET", "/working-hours", role))
    problem(await call(office, "GET", "/teams", "worker"), 403, "forbidden")


async def test_another_organisations_team_is_as_unknown_as_a_made_up_one(
    salon: Salon, clock: FixedClock
) -> None:
    async with open_salon(salon.uow, clock) as rival:
        theirs = (await add(rival, name="Theirs"))["team_id"]
        for method, path, body in (
            ("GET", "/teams/{}", None),
            ("PATCH", "/teams/{}", {"name": "Ours"}),
            ("DELETE", "/teams/{}", None),
            ("PUT", "/teams/{}/working-hours", {"hours": None}),
            ("GET", "/working-hours?team_id={}", None),
            ("GET", "/workers?team_id={}", None),
            ("GET", "/blackouts?team_id={}", None),
        ):
            foreign = await call(salon, method, path.format(theirs), json=body)
            made_up = await call(salon, method, path.format(uuid4()), json=body)
            assert missing_field(foreign) == "team_id"
            assert without_request(foreign) == without_request(made_up)


# -- hours


async def test_every_team_has_hours_of_its_own_or_inherits(salon: Salon) -> None:
    own = [{"day_of_week": 0, "start_time": "08:00", "end_time": "24:00"}]
    answer = await call(salon, "PUT", f"/teams/{SOUTH}/working-hours", json={"hours": own})
    assert ok(answer) == {"team_id": str(SOUTH), "inherits": False, "hours": own, "version": 2}
    assert answer.headers["etag"] == '"2"'
    north, south = ok(await call(salon, "GET", "/working-hours", "viewer"))["items"]
    assert (north["inherits"], north["hours"]) == (True, DAILY)
    assert (south["inherits"], south["hours"]) == (False, own)
    (alone,) = ok(await call(salon, "GET", "/working-hours", params={"team_id": str(SOUTH)}))["items"]
    assert alone == south
    back = ok(await call(salon, "PUT", f"/teams/{SOUTH}/working-hours", json={"hours": None}))
    assert (back["inherits"], back["hours"]) == (True, DAILY)


async def test_touching_hours_join_and_no_hours_are_hours_too(salon: Salon) -> None:
    given = [
        {"day_of_week": 1, "start_time": "12:00", "end_time": "15:00"},
        {"day_of_week": 1, "start_time": "09:00", "end_time": "12:00"},
        {"day_of_week": 0, "start_time": "22:00", "end_time": "24:00"},
        {"day_of_week": 1, "start_time": "00:00", "end_time": "02:00"},
    ]
    path = f"/teams/{NORTH}/working-hours"
    joined = ok(await call(salon, "PUT", path, json={"hours": given}))["hours"]
    assert [(h["day_of_week"], h["start_time"], h["end_time"]) for h in joined] == [
        (0, "22:00", "24:00"),
        (1, "00:00", "02:00"),
        (1, "09:00", "15:00"),
    ]
    query = {"duration_minutes": 240, "from": "2026-03-09", "to": "2026-03-09", "team_id": str(NORTH)}
    (day,) = ok(await call(salon, "GET", "/slots", params=query))["days"]
    assert [slot["starts_at"] for slot in day["slots"]] == ["2026-03-10T02:00:00Z"]  # over midnight
    assert ok(await call(salon, "PUT", path, json={"hours": []}))["inherits"] is False
    (day,) = ok(await call(salon, "GET", "/slots", params=query))["days"]
    assert day["slots"] == []


async def test_bookings_stay_when_hours_shrink(salon: Salon) -> None:
    made = await salon.created("2026-03-03T10:00:00-05:00", team_id=NORTH)
    ok(await call(salon, "PUT", f"/teams/{NORTH}/working-hours", json={"hours": []}))
    assert (await salon.read(made["booking_id"]))["status"] == "CONFIRMED"


def opening(start: object = "09:00", end: object = "10:00", day: object = 0) -> dict[str, object]:
    return {"day_of_week": day, "start_time": start, "end_time": end}


@pytest.mark.parametrize(
    ("hours", "fields"),
    [
        ([opening("9:00")], {"hours/0/start_time"}),
        ([opening("24:00", "24:00")], {"hours/0/start_time"}),
        ([opening("09:00", "24:30")], {"hours/0/end_time"}),
        ([opening("09:60", "25:00")], {"hours/0/start_time", "hours/0/end_time"}),
        ([opening("\u0660\u0669:\u0660\u0660")], {"hours/0/start_time"}),
        ([opening("10:00", "10:00")], {"hours/0/end_time"}),
        ([opening("22:00", "06:00")], {"hours/0/end_time"}),
        ([opening(), opening("09:30", "11:00"), opening(day=1)], {"hours/1"}),
        ([opening(), opening()], {"hours/1"}),
        ([opening(day=7), opening(day=-1), opening(day="0")], {f"hours/{n}/day_of_week" for n in range(3)}),
        ([opening(f"{n:02}:00", f"{n:02}:30") for n in range(9)], {"hours"}),
        ([opening()] * 57, {"hours"}),
        ([opening(540, 600)], {"hours/0/start_time", "hours/0/end_time"}),
        ([{**opening(), "note": "x"}], {"hours/0/note"}),
        ("always", {"hours"}),
    ],
)
async def test_hours_that_make_no_week(office: Salon, hours: object, fields: set[str]) -> None:
    answer = await call(office, "PUT", f"/teams/{NORTH}/working-hours", json={"hours": hours})
    assert fields_at_fault(answer) == fields
    assert ok(await call(office, "GET", f"/teams/{NORTH}"))["version"] == 1


async def test_hours_must_be_said(office: Salon) -> None:
    answer = await call(office, "PUT", f"/teams/{NORTH}/working-hours", json={})
    assert fields_at_fault(answer) == {"hours"}


async def test_every_change_of_a_team_is_audited_once(salon: Salon) -> None:
    team = await add(salon, name="Seen")
    path = f"/teams/{team['team_id']}"
    for _ in range(2):
        ok(await call(salon, "PATCH", path, json={"color": "#000000"}))
        ok(await call(salon, "PUT", f"{path}/working-hours", json={"hours": DAILY}))
    await call(salon, "DELETE", path)
    assert await audited(salon.uow, salon.shop.org_id, team["team_id"]) == [
        "team_create",
        "team_update",
        "working_hours_update",
        "team_delete",
    ]


async def test_a_worker_counts_while_active(salon: Salon) -> None:
    ok(await call(salon, "PATCH", f"/workers/{ANN}", json={"is_active": False}))
    assert ok(await call(salon, "GET", f"/teams/{NORTH}"))["worker_count"] == 0
