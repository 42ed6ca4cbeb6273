"""Blackouts and booking settings over HTTP, on both databases."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.answers import fields_at_fault, missing_field, ok, problem
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NOON, NORTH, SOUTH, TEN, Salon, open_salon
from tests.support.shop import DISPATCHER
from tests.support.trail import audit_rows, audited


async def block(salon: Salon, path: str = "/blackouts", **body: Any) -> Any:
    plain = {name: str(value) if isinstance(value, UUID) else value for name, value in body.items()}
    return await salon.shop.staff("POST", path, json={"starts_at": TEN, "ends_at": NOON, **plain})


@pytest.mark.parametrize("path", ["/blackouts", "/schedule/block"])
@pytest.mark.parametrize(
    ("who", "scope"), [({}, "org"), ({"team_id": NORTH}, "team"), ({"worker_id": ANN}, "worker")]
)
async def test_a_time_is_closed_for_the_org_a_team_or_a_worker(
    salon: Salon, path: str, who: dict[str, Any], scope: str
) -> None:
    made = ok(await block(salon, path, reason=" Party ", **who), 201)
    assert made == {
        "blackout_id": made["blackout_id"],
        "scope": scope,
        "starts_at": "2026-03-03T15:00:00Z",
        "ends_at": "2026-03-03T17:00:00Z",
        "reason": "Party",
        "team_id": str(who["team_id"]) if "team_id" in who else None,
        "worker_id": str(who["worker_id"]) if "worker_id" in who else None,
        "created_by": str(DISPATCHER),
        "created_at": "2026-03-02T14:00:00Z",
    }
    listed = ok(await salon.shop.staff("GET", "/blackouts"))
    assert listed == {"items": [made], "next_cursor": None}
    named = {"team_id": str(NORTH)} if "worker_id" not in who else {"worker_id": [str(ANN)]}
    window = {"starts_at": TEN, "ends_at": NOON, **named}
    (conflict,) = ok(await salon.shop.staff("GET", "/schedule/conflicts", params=window))["conflicts"]
    assert conflict["kind"] == ("worker_time_off" if scope == "worker" else "blackout")
    assert (conflict["reference"], conflict["note"]) == (made["blackout_id"], "Party")
    gone = await salon.shop.staff("DELETE", f"/blackouts/{made['blackout_id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert ok(await salon.shop.staff("GET", "/schedule/conflicts", params=window))["has_conflict"] is False
    assert (
        missing_field(await salon.shop.staff("DELETE", f"/blackouts/{made['blackout_id']}")) == "blackout_id"
    )
    assert await audited(salon.uow, salon.shop.org_id, made["blackout_id"]) == [
        "blackout_create",
        "blackout_delete",
    ]


@pytest.mark.parametrize(
    ("who", "kind"),
    [({}, "booking"), ({"team_id": NORTH}, "booking"), ({"worker_id": ANN}, "worker_booking")],
)
async def test_bookings_in_the_way_are_named_unless_they_may_stay(
    salon: Salon, who: dict[str, Any], kind: str
) -> None:
    made = await salon.created("2026-03-03T11:00:00-05:00", team_id=NORTH, worker_ids=[ANN])
    await salon.created("2026-03-03T12:00:00-05:00", team_id=SOUTH)  # merely touches
    refused = problem(await block(salon, **who), 409, "blackout_overlaps_bookings")
    (conflict,) = refused["conflicts"]
    assert (conflict["kind"], conflict["reference"]) == (kind, made["booking_id"])
    assert conflict["starts_at"] == "2026-03-03T16:00:00Z"
    assert ok(await salon.shop.staff("GET", "/blackouts"))["items"] == []
    ok(await block(salon, keep_bookings=True, **who), 201)
    assert (await salon.read(made["booking_id"]))["status"] == "CONFIRMED"


async def test_others_bookings_and_buffers_are_not_in_the_way(salon: Salon) -> None:
    await salon.created(TEN, team_id=SOUTH, worker_ids=[BOB])
    await salon.created("2026-03-03T08:00:00-05:00", team_id=NORTH)  # its buffer ends at 10:30
    ok(await block(salon, team_id=NORTH), 201)
    ok(await block(salon, worker_id=ANN), 201)


async def test_a_closed_time_takes_no_booking(salon: Salon) -> None:
    ok(await block(salon, team_id=NORTH), 201)
    refused = problem(await salon.create(TEN, team_id=NORTH), 409, "slot_taken")
    assert [conflict["kind"] for conflict in refused["conflicts"]] == ["blackout"]
    assert (await salon.create(TEN, team_id=SOUTH)).status_code == 201


async def test_closed_times_may_overlap_and_the_union_counts(salon: Salon) -> None:
    ok(await block(salon), 201)
    ok(await block(salon, starts_at="2026-03-03T11:00:00-05:00", ends_at="2026-03-03T14:00:00-05:00"), 201)
    query = {"duration_minutes": 60, "from": "2026-03-03", "to": "2026-03-03"}
    (day,) = ok(await salon.shop.staff("GET", "/slots", params=query))["days"]
    assert [slot["starts_at"][11:16] for slot in day["slots"]] == [
        "14:00",
        "19:00",
        "19:30",
        "20:00",
        "20:30",
        "21:00",
        "21:30",
        "22:00",
    ]


async def test_the_list_is_of_what_touches_the_period(salon: Salon) -> None:
    made = [ok(await block(salon), 201), ok(await block(salon, team_id=NORTH), 201)]
    ids = {blackout["blackout_id"] for blackout in made}
    for query, found in (
        ({"from": NOON}, set()),
        ({"from": "2026-03-01T00:00:00Z", "to": "2026-03-03T15:00:00Z"}, set()),
        ({"from": "2026-03-01T00:00:00Z", "to": "2026-03-03T15:00:01Z"}, ids),
        ({"team_id": str(NORTH)}, {made[1]["blackout_id"]}),
        ({"worker_id": str(ANN)}, set()),
    ):
        answer = ok(await salon.shop.staff("GET", "/blackouts", params=query))
        assert {blackout["blackout_id"] for blackout in answer["items"]} == found
    first = ok(await salon.shop.staff("GET", "/blackouts", params={"limit": 1}))
    rest = ok(await salon.shop.staff("GET", "/blackouts", params={"cursor": first["next_cursor"]}))
    assert [b["blackout_id"] for b in first["items"] + rest["items"]] == sorted(ids)


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({"ends_at": TEN}, "invalid_window", {"ends_at"}),
        ({"ends_at": "2026-03-03T09:00:00-05:00"}, "invalid_window", {"ends_at"}),
        ({"ends_at": "2027-03-04T10:00:01-05:00"}, "invalid_window", {"ends_at"}),
        ({"starts_at": "2026-03-03T10:00:00"}, "validation_error", {"starts_at"}),
        ({"starts_at": "1990-01-01T00:00:00Z"}, "validation_error", {"starts_at"}),
        ({"ends_at": None}, "validation_error", {"ends_at"}),
        ({"reason": "x" * 256, "colour": 1}, "validation_error", {"reason", "colour"}),
        ({"team_id": NORTH, "worker_id": ANN}, "validation_error", {"worker_id"}),
        ({"keep_bookings": "yes"}, "validation_error", {"keep_bookings"}),
    ],
)
async def test_a_time_that_cannot_be_closed(
    office: Salon, body: dict[str, Any], code: str, fields: set[str]
) -> None:
    assert fields_at_fault(await block(office, **body), code) == fields


async def test_a_whole_leap_year_can_be_closed(salon: Salon) -> None:
    ok(await block(salon, ends_at="2027-03-04T10:00:00-05:00"), 201)


async def test_periods_of_the_list_that_are_none(office: Salon) -> None:
    for query in ({"from": NOON, "to": TEN}, {"from": TEN, "to": "2027-03-04T10:00:01-05:00"}):
        answer = await office.shop.staff("GET", "/blackouts", params=query)
        assert fields_at_fault(answer, "invalid_window") == {"to"}
    naive = await office.shop.staff("GET", "/blackouts", params={"from": "2026-03-03T10:00:00"})
    assert fields_at_fault(naive) == {"from"}


async def test_people_of_others_have_no_closed_times_here(salon: Salon, clock: FixedClock) -> None:
    assert missing_field(await block(salon, team_id=uuid4())) == "team_id"
    assert missing_field(await block(salon, worker_id=uuid4())) == "worker_id"
    async with open_salon(salon.uow, clock) as rival:
        theirs = ok(await block(rival), 201)["blackout_id"]
        assert missing_field(await salon.shop.staff("DELETE", f"/blackouts/{theirs}")) == "blackout_id"
        assert ok(await salon.shop.staff("GET", "/blackouts"))["items"] == []


async def test_only_dispatchers_close_times(office: Salon) -> None:
    for role in ("viewer", "finance", "worker"):
        for path in ("/blackouts", "/schedule/block"):
            refused = await office.shop.staff("POST", path, role, json={"starts_at": TEN, "ends_at": NOON})
            problem(refused, 403, "forbidden")
        problem(await office.shop.staff("GET", "/blackouts", role), 403, "forbidden")


# -- booking settings


async def test_settings_are_read_and_changed_in_part(salon: Salon) -> None:
    answer = await salon.shop.staff("GET", "/booking-settings", "viewer")
    before = ok(answer)
    assert {name: before[name] for name in before if name not in {"default_hours", "updated_at"}} == {
        "slot_step_minutes": 30,
        "travel_buffer_minutes": 30,
        "min_notice_minutes": 120,
        "horizon_days": 60,
        "online_booking": True,
        "auto_confirm": False,
        "pending_ttl_minutes": 30,
        "deposit_bps": 2500,
        "deposit_min_cents": 5000,
        "deposit_max_cents": 20000,
        "high_value_cents": 30000,
        "flagged_postal_prefixes": [],
        "office_email": None,
        "version": 1,
    }
    assert before["default_hours"][6] == {"day_of_week": 6, "start_time": "09:00", "end_time": "18:00"}
    fresh = await salon.shop.staff(
        "GET", "/booking-settings", headers={"if-none-match": answer.headers["etag"]}
    )
    assert fresh.status_code == 304
    change = {
        "slot_step_minutes": 15,
        "default_hours": [{"day_of_week": 0, "start_time": "00:00", "end_time": "24:00"}],
        "flagged_postal_prefixes": ["sw1a", "100"],
        "office_email": "office@example.com",
    }
    changed = ok(await salon.shop.staff("PATCH", "/booking-settings", "admin", json=change))
    assert changed == {
        **before,
        **change,
        "flagged_postal_prefixes": ["SW1A", "100"],
        "version": 2,
        "updated_at": "2026-03-02T14:00:00Z",
    }
    assert ok(await salon.shop.staff("PATCH", "/booking-settings", "admin", json=change))["version"] == 2
    (row,) = await audit_rows(salon.uow, salon.shop.org_id, None)
    assert (row["action"], row["after"]["changed"]) == ("booking_settings_update", ["office_email"])
    assert "office@example.com" not in str(row)


async def test_the_tag_moves_when_the_buffer_does(salon: Salon, clock: FixedClock) -> None:
    tag = (await salon.shop.staff("GET", "/booking-settings")).headers["etag"]
    async with salon.uow.begin(salon.shop.org_id) as unit:
        profile = await unit.org.lock()
        await unit.org.save(profile.edited(clock.now(), travel_buffer_minutes=45))
    answer = await salon.shop.staff("GET", "/booking-settings", headers={"if-none-match": tag})
    assert ok(answer)["travel_buffer_minutes"] == 45
    stale = await salon.shop.staff("PATCH", "/booking-settings", "admin", json={}, headers={"if-match": tag})
    problem(stale, 412, "version_conflict")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"slot_step_minutes": 20}, {"slot_step_minutes"}),
        ({"slot_step_minutes": "30"}, {"slot_step_minutes"}),
        ({"min_notice_minutes": -1, "horizon_days": 0}, {"min_notice_minutes", "horizon_days"}),
        ({"min_notice_minutes": 20161, "horizon_days": 366}, {"min_notice_minutes", "horizon_days"}),
        ({"pending_ttl_minutes": 9}, {"pending_ttl_minutes"}),
        ({"pending_ttl_minutes": 1441}, {"pending_ttl_minutes"}),
        ({"deposit_bps": 10001}, {"deposit_bps"}),
        ({"deposit_min_cents": 30000}, {"deposit_max_cents"}),
        ({"deposit_bps": 12.5}, {"deposit_bps"}),
        ({"travel_buffer_minutes": 15}, {"travel_buffer_minutes"}),
        ({"flagged_postal_prefixes": ["1"]}, {"flagged_postal_prefixes/0"}),
        ({"flagged_postal_prefixes": ["10", "ab%"]}, {"flagged_postal_prefixes/1"}),
        ({"flagged_postal_prefixes": ["10"] * 51}, {"flagged_postal_prefixes"}),
        ({"office_email": "not an address"}, {"office_email"}),
        ({"online_booking": None}, {"online_booking"}),
        ({"default_hours": None}, {"default_hours"}),
        (
            {"default_hours": [{"day_of_week": 0, "start_time": "10:00", "end_time": "09:00"}]},
            {"default_hours/0/end_time"},
        ),
    ],
)
async def test_settings_that_do_not_fit(office: Salon, body: dict[str, Any], fields: set[str]) -> None:
    assert (
        fields_at_fault(await office.shop.staff("PATCH", "/booking-settings", "admin", json=body)) == fields
    )
    assert ok(await office.shop.staff("GET", "/booking-settings"))["version"] == 1


async def test_only_an_admin_changes_settings(office: Salon) -> None:
    for role in ("dispatcher", "finance", "viewer"):
        problem(await office.shop.staff("PATCH", "/booking-settings", role, json={}), 403, "forbidden")
