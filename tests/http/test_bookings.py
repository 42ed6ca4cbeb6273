"""Bookings over HTTP on both databases: what is answered, what is written, who is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from application.booking.rules import InstallationRules
from application.ports.unit_of_work import UnitOfWork
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon, open_salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")  # nine days ahead
HOUR = timedelta(hours=1)


@pytest.fixture
async def salon(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    async with open_salon(uow, clock, office_email="office@example.com") as opened:
        yield opened


@pytest.fixture
async def paying_salon(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    """One whose deposits could be collected."""
    given = {InstallationRules: InstallationRules(payments_available=True)}
    async with open_salon(uow, clock, given=given) as opened:
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


async def test_staff_book_for_a_lead(salon: Salon) -> None:
    lead = await salon.shop.lead(
        email="jane@example.com",
        address="1 Main St",
        access_notes="code 7",
        home={"beds": 3, "baths": 2, "service_type": "deep", "add_ons": {"oven": 2}},
    )
    answer = await salon.create(TEN, lead_id=lead["lead_id"], duration_minutes=None, worker_ids=[ANN])
    made = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/admin/bookings/{made['booking_id']}"
    assert answer.headers["etag"] == '"1"'
    expected = {
        "status": "CONFIRMED",
        "source": "office",
        "lead_name": "Jane Doe",
        "service_type": "deep",
        "address": "1 Main St",
        "access_notes": "code 7",
        "duration_minutes": lead["estimate"]["duration_minutes"],
        "crew_needed": 2,
        "crew": [{"worker_id": str(ANN), "name": "Ann"}],
        "deposit_status": "none",
        "deposit_required": False,
        "local_date": "2026-03-11",
        "warnings": [],
    }
    assert {name: made[name] for name in expected} == expected
    assert [(line["code"], line["qty"], line["minutes"]) for line in made["add_ons"]] == [("oven", 2, 60)]
    assert made["planned_minutes"] == lead["estimate"]["on_site_minutes"] + 30
    assert made["policy_snapshot"]["deposit"]["basis"] == "waived"
    assert set(await salon.mails(made["booking_id"])) == {"confirmed"}
    assert await salon.lead_status(lead["lead_id"]) == "BOOKED"


async def test_staff_may_ask_for_the_deposit_of_the_policy(paying_salon: Salon) -> None:
    salon = paying_salon
    made = await salon.created(TEN, deposit="policy")
    assert (made["status"], made["deposit_status"], made["deposit_cents"]) == ("PENDING", "due", 5000)
    assert made["expires_at"] is None
    assert made["policy_snapshot"]["deposit"]["basis"] == "fixed_minimum"


async def test_staff_may_book_odd_times_and_are_warned(salon: Salon) -> None:
    odd = await salon.created(at("2026-03-11 07:10"))
    assert odd["warnings"] == ["off_grid", "outside_working_hours"]
    assert (await salon.read(odd["booking_id"]))["warnings"] == odd["warnings"]
    moved = await salon.verb(odd["booking_id"], "reschedule", starts_at=TEN.isoformat())
    assert moved.json()["warnings"] == []


async def test_an_unnamed_team_is_one_in_hours_with_least_to_do(salon: Salon) -> None:
    busy = await salon.created(TEN - 24 * HOUR, team_id=NORTH)
    assert busy["team_id"] == str(NORTH)
    first = await salon.created(TEN)
    second = await salon.created(TEN + 5 * HOUR)
    assert (first["team_id"], second["team_id"]) == (str(NORTH), str(SOUTH))


async def test_a_taken_time_names_what_is_in_the_way_and_what_is_free(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    answer = await salon.create(TEN + HOUR, team_id=NORTH)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "slot_taken")
    assert [conflict["reference"] for conflict in problem["conflicts"]] == [made["booking_id"]]
    assert [a["starts_at"] for a in problem["alternatives"]] == [
        "2026-03-11T16:30:00Z",
        "2026-03-11T17:00:00Z",
        "2026-03-11T17:30:00Z",
    ]
    assert {a["team_id"] for a in problem["alternatives"]} == {str(NORTH)}


async def test_confirming_tells_the_client_and_credits_who_sent_them(salon: Salon) -> None:
    sender = await salon.shop.lead()
    visitor = await salon.visitor(referral_code=sender["referral_code"])
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    answer = await salon.verb(booking_id, "confirm")
    assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (200, "CONFIRMED", 2)
    written = await salon.ledger()
    assert (await salon.verb(booking_id, "confirm")).json()["version"] == 2
    assert await salon.ledger() == written
    mails = await salon.mails(booking_id)
    assert (mails["pending"]["outcome"], mails["confirmed"]["outcome"]) == ("withdrawn", None)
    credited = await salon.shop.staff("GET", f"/leads/{sender['lead_id']}")
    assert credited.json()["referral_credits"] == 1


async def test_cancelling_frees_time_lead_and_mail(salon: Salon) -> None:
    visitor = await salon.visitor()
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    await salon.verb(booking_id, "confirm")
    answer = await salon.verb(booking_id, "cancel", reason_code="client_request", by="client", note="ill")
    made = answer.json()
    assert (made["status"], made["cancelled_by"], made["cancel_reason"]) == (
        "CANCELLED",
        "client",
        "client_request",
    )
    assert made["cancellation"] == {"label": "free", "refund_percent": 100, "deposit_refund_cents": 0}
    mails = await salon.mails(booking_id)
    assert (mails["confirmed"]["outcome"], mails["cancelled"]["outcome"]) == ("withdrawn", None)
    assert await salon.lead_status(visitor["lead_id"]) == "CONTACTED"
    written = await salon.ledger()
    again = await salon.verb(booking_id, "cancel", reason_code="weather")
    assert (again.status_code, again.json()) == (200, made)
    assert await salon.ledger() == written
    moves: dict[str, dict[str, Any]] = {
        "confirm": {},
        "reschedule": {"starts_at": TEN.isoformat()},
        "assign": {"worker_ids": [ANN]},
    }
    for verb, body in moves.items():
        refused = await salon.verb(booking_id, verb, **body)
        assert (refused.status_code, refused.json()["type"]) == (409, "booking_move_refused")
    assert (await salon.book(await salon.visitor(), TEN)).status_code == 201


async def test_nobody_is_told_of_a_quiet_cancellation(salon: Salon) -> None:
    booking_id = (await salon.book(await salon.visitor(), TEN)).json()["booking_id"]
    await salon.verb(booking_id, "cancel", reason_code="duplicate", notify=False)
    assert "cancelled" not in await salon.mails(booking_id)


async def test_rescheduling_keeps_what_is_not_named(salon: Salon) -> None:
    visitor = await salon.visitor()
    lead_id = visitor["lead_id"]
    made = await salon.created(TEN, team_id=SOUTH, worker_ids=[BOB], lead_id=lead_id)
    booking_id = made["booking_id"]
    answer = await salon.verb(booking_id, "reschedule", starts_at=(TEN + HOUR).isoformat())
    moved = answer.json()
    assert answer.status_code == 200, answer.text
    kept = ("team_id", "crew", "duration_minutes", "status", "policy_snapshot", "estimate")
    assert {name: moved[name] for name in kept} == {name: made[name] for name in kept}
    assert (moved["starts_at"], moved["version"]) == ("2026-03-11T15:00:00Z", 2)
    assert set(await salon.mails(booking_id)) == {"confirmed", "rescheduled:2"}
    written = await salon.ledger()
    same = await salon.verb(booking_id, "reschedule", starts_at=(TEN + HOUR).isoformat())
    assert (same.json()["version"], await salon.ledger()) == (2, written)
    body = {"starts_at": (TEN + 2 * HOUR).isoformat(), "worker_ids": [], "team_id": str(NORTH)}
    board = await salon.shop.staff("POST", f"/schedule/{booking_id}/move", json=body)
    assert (board.status_code, board.json()["crew"], board.json()["team_id"]) == (200, [], str(NORTH))
    assert "rescheduled:3" not in await salon.mails(booking_id)
    assert await salon.actions(booking_id) == ["booking_create", "booking_reschedule", "booking_reschedule"]


async def test_the_buffer_is_the_one_of_the_day_the_time_was_written(salon: Salon, clock: FixedClock) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    async with salon.uow.begin(salon.shop.org_id) as unit:
        profile = await unit.org.lock()
        await unit.org.save(profile.edited(clock.now(), travel_buffer_minutes=0))
    assert (await salon.create(TEN + 2 * HOUR, team_id=NORTH)).status_code == 409
    moved = await salon.verb(made["booking_id"], "reschedule", starts_at=(TEN - HOUR).isoformat())
    assert moved.json()["buffer_minutes"] == 0
    assert (await salon.create(TEN + HOUR, team_id=NORTH)).status_code == 201


async def test_crews_are_sent_and_taken_off(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    booking_id = made["booking_id"]
    sent = await salon.verb(booking_id, "assign", worker_ids=[ANN, BOB])
    assert [member["name"] for member in sent.json()["crew"]] == ["Ann", "Bob"]
    mails = await salon.mails(booking_id)
    assert {mails[f"crew:{worker}:2"]["to"] for worker in (ANN, BOB)} == {
        "ann@example.com",
        "bob@example.com",
    }
    written = await salon.ledger()
    assert (await salon.verb(booking_id, "assign", worker_ids=[ANN])).json()["version"] == 2
    assert await salon.ledger() == written
    alone = await salon.verb(booking_id, "assign", worker_ids=[BOB], replace=True)
    assert [member["name"] for member in alone.json()["crew"]] == ["Bob"]
    mails = await salon.mails(booking_id)
    assert mails[f"crew:{ANN}:3"]["assigned"] is False
    assert f"crew:{BOB}:3" not in mails
    nobody = await salon.verb(booking_id, "unassign", worker_ids=[ANN, BOB])
    assert (nobody.json()["crew"], nobody.json()["version"]) == ([], 4)
    assert await salon.actions(booking_id) == [
        "booking_assign",
        "booking_assign",
        "booking_create",
        "booking_unassign",
    ]


async def test_a_worker_is_in_one_place_at_a_time(salon: Salon) -> None:
    await salon.created(TEN, team_id=NORTH, worker_ids=[BOB])
    other = await salon.created(TEN + 2 * HOUR, team_id=SOUTH)
    refused = await salon.verb(other["booking_id"], "assign", worker_ids=[BOB])
    assert (refused.status_code, refused.json()["type"]) == (409, "slot_taken")
    assert [conflict["kind"] for conflict in refused.json()["conflicts"]] == ["worker_booking"]
    assert all(a["team_id"] == str(SOUTH) for a in refused.json()["alternatives"])


async def test_a_kept_blackout_does_not_stop_assigning(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    body = {"starts_at": TEN.isoformat(), "ends_at": (TEN + HOUR).isoformat(), "keep_bookings": True}
    assert (await salon.shop.staff("POST", "/blackouts", json=body)).status_code == 201
    assert (await salon.verb(made["booking_id"], "assign", worker_ids=[ANN])).status_code == 200
    time_off = {**body, "worker_id": str(BOB)}
    assert (await salon.shop.staff("POST", "/blackouts", json=time_off)).status_code == 201
    refused = await salon.verb(made["booking_id"], "assign", worker_ids=[BOB])
    assert (refused.status_code, refused.json()["type"]) == (409, "slot_taken")


async def test_details_can_be_edited_and_cleared(salon: Salon) -> None:
    made = await salon.created(TEN, address="1 Main St", notes="Ring twice", service_type="standard")
    path = f"/bookings/{made['booking_id']}"
    edited = await salon.shop.staff("PATCH", path, json={"notes": None, "access_notes": "code 7"})
    assert edited.status_code == 200, edited.text
    fields = {"address": "1 Main St", "notes": None, "access_notes": "code 7", "version": 2}
    assert {name: edited.json()[name] for name in fields} == fields
    written = await salon.ledger()
    assert (await salon.shop.staff("PATCH", path, json={"access_notes": "code 7"})).json()["version"] == 2
    assert (await salon.shop.staff("PATCH", path, json={})).json()["version"] == 2
    assert await salon.ledger() == written
    assert "code 7" not in str(written["audit"])


async def test_of_two_writes_with_one_version_one_is_refused(salon: Salon) -> None:
    made = await salon.created(TEN)
    path, tag = f"/bookings/{made['booking_id']}", {"If-Match": '"1"'}
    assert (await salon.shop.staff("PATCH", path, json={"notes": "a"}, headers=tag)).status_code == 200
    written = await salon.ledger()
    moves: dict[str, dict[str, Any]] = {
        "confirm": {},
        "cancel": {"reason_code": "weather"},
        "reschedule": {"starts_at": (TEN + HOUR).isoformat()},
        "assign": {"worker_ids": [ANN]},
        "unassign": {"worker_ids": [ANN]},
    }
    for verb, body in moves.items():
        stale = await salon.verb(made["booking_id"], verb, headers=tag, **body)
        assert (stale.status_code, stale.json()["type"]) == (412, "version_conflict"), verb
    assert await salon.ledger() == written
    fresh = await salon.shop.staff("GET", path, headers={"If-None-Match": '"2"'})
    assert (fresh.status_code, fresh.content) == (304, b"")


async def test_lists_show_local_days_in_order(salon: Salon) -> None:
    night = await salon.created(at("2026-03-10 22:00"), team_id=SOUTH, duration_minutes=240)
    late = await salon.created(TEN + 2 * HOUR, team_id=SOUTH, worker_ids=[BOB])
    early = await salon.created(TEN, team_id=NORTH)
    await salon.created(at("2026-03-12 00:00"), team_id=NORTH)
    day = "/bookings?from=2026-03-11&to=2026-03-11"
    found = (await salon.shop.staff("GET", day)).json()
    ids = [item["booking_id"] for item in found["items"]]
    assert ids == [night["booking_id"], early["booking_id"], late["booking_id"]]
    assert not {"policy_snapshot", "estimate", "add_ons"} & set(found["items"][0])
    assert {**early, **found["items"][1]} == early
    first = (await salon.shop.staff("GET", f"{day}&limit=2")).json()
    rest = (await salon.shop.staff("GET", f"{day}&limit=2&cursor={first['next_cursor']}")).json()
    assert [item["booking_id"] for item in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None
    for narrowed, expected in [
        (f"team_id={NORTH}", [early]),
        (f"worker_id={BOB}", [late]),
        ("unassigned=true", [night, early]),
        ("status=CONFIRMED&status=DONE", [night, early, late]),
        ("status=PENDING", []),
    ]:
        page = (await salon.shop.staff("GET", f"{day}&{narrowed}")).json()
        assert [i["booking_id"] for i in page["items"]] == [b["booking_id"] for b in expected], narrowed


async def test_roles_see_what_is_theirs(salon: Salon) -> None:
    lead = await salon.shop.lead(
        email="jane@example.com", address="1 Main St", access_notes="code 7", notes="allergic dog"
    )
    made = await salon.created(TEN, lead_id=lead["lead_id"])
    viewer = await salon.read(made["booking_id"], "viewer")
    masked: dict[str, Any] = {"lead_name": "J***", "lead_email": "j***@example.com", "lead_phone": "***-0134"}
    masked |= {"address": None, "notes": None, "access_notes": None}
    assert {name: viewer[name] for name in masked} == masked
    assert viewer["actions"] == []
    finance = await salon.read(made["booking_id"], "finance")
    assert (finance["lead_name"], finance["address"], finance["access_notes"]) == (
        "Jane Doe",
        "1 Main St",
        None,
    )
    listed = (await salon.shop.staff("GET", "/bookings?from=2026-03-11", "viewer")).json()["items"][0]
    assert {name: listed[name] for name in masked} == masked
    for role in ("viewer", "finance", "worker"):
        assert (await salon.create(TEN, role)).status_code == 403


async def test_a_viewer_sees_the_crew_as_masked_as_the_workers(salon: Salon) -> None:
    made = await salon.created(TEN, worker_ids=[str(BOB)])
    name = made["crew"][0]["name"]
    for role, seen in (("viewer", f"{name[:1]}***"), ("finance", name)):
        crew = (await salon.read(made["booking_id"], role))["crew"]
        assert crew == [{"worker_id": str(BOB), "name": seen}]
        listed = (await salon.shop.staff("GET", "/bookings?from=2026-03-11", role)).json()["items"][0]
        assert listed["crew"] == crew
    assert (await salon.shop.staff("GET", f"/bookings/{made['booking_id']}", "worker")).status_code == 403


async def test_every_link_offered_can_be_followed(salon: Salon) -> None:
    visitor = await salon.visitor()
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    bodies: dict[str, Any] = {
        "update": {"notes": "x"},
        "confirm": {},
        "assign": {"worker_ids": [str(ANN)]},
        "unassign": {"worker_ids": [str(ANN)]},
        "reschedule": {"starts_at": (TEN + HOUR).isoformat()},
        "cancel": {"reason_code": "other"},
    }
    for rel, body in bodies.items():
        actions = {action["rel"]: action for action in (await salon.read(booking_id))["actions"]}
        action = actions[rel]
        path = action["href"].removeprefix("/v1/admin")
        answer = await salon.shop.staff(action["method"], path, json=body)
        assert answer.status_code == 200, (rel, answer.text)
    assert (await salon.read(booking_id))["actions"] == []


async def test_what_was_agreed_stays_agreed(salon: Salon, clock: FixedClock) -> None:
    """F12: neither prices nor settings nor the lead change what a booking says of its terms."""
    visitor = await salon.visitor()
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    before = await salon.read(booking_id)
    settings = {"deposit_bps": 9000, "high_value_cents": 1, "slot_step_minutes": 60}
    assert (await salon.shop.staff("PATCH", "/booking-settings", "admin", json=settings)).status_code == 200
    home = {"beds": 5, "baths": 3, "service_type": "deep"}
    changed = await salon.shop.staff(
        "PATCH", f"/leads/{visitor['lead_id']}", json={"home": home, "name": "Eve"}
    )
    assert changed.status_code == 200
    after = await salon.read(booking_id)
    kept = ("estimate", "policy_snapshot", "risk_score", "deposit_policy", "duration_minutes", "version")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["lead_name"] == "Eve"
