"""The extras of an order over HTTP, on both databases: prices stay, work grows, time may follow."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from domain.shared.ids import BookingId
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")
HOUR = timedelta(hours=1)


async def put(
    salon: Salon, order_id: str, add_ons: dict[str, int], role: str = "dispatcher", **fields: Any
) -> httpx.Response:
    headers = {**authorized(salon, role), **fields.pop("headers", {})}
    body = {"add_ons": add_ons, **fields}
    return await salon.shop.client.put(f"/v1/orders/{order_id}/addons", json=body, headers=headers)


async def show(salon: Salon, order_id: str, role: str = "viewer") -> httpx.Response:
    path = f"/v1/orders/{order_id}/addons"
    return await salon.shop.client.get(path, headers=authorized(salon, role))


def authorized(salon: Salon, role: str) -> dict[str, str]:
    return {"authorization": f"Bearer {salon.shop.org_id}:{role}"}


def lines(answer: httpx.Response) -> dict[str, tuple[int, int, int]]:
    assert answer.status_code == 200, answer.text
    return {
        line["code"]: (line["qty"], line["unit_price_cents"], line["minutes"])
        for line in answer.json()["add_ons"]
    }


async def change_oven(salon: Salon, **fields: Any) -> None:
    found = (await salon.get("/addons", limit=200)).json()["items"]
    add_on_id = next(add_on["add_on_id"] for add_on in found if add_on["code"] == "oven")
    assert (await salon.shop.staff("PATCH", f"/addons/{add_on_id}", "admin", json=fields)).status_code == 200


async def test_what_is_booked_keeps_its_price_whatever_becomes_of_the_offer(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    order_id = made["booking_id"]
    first = await put(salon, order_id, {"oven": 2})
    assert lines(first) == {"oven": (2, 3000, 60)}
    assert (first.json()["version"], first.headers["etag"]) == (2, '"2"')
    await change_oven(salon, price_cents=9900, minutes=45)
    second = await put(salon, order_id, {"oven": 3, "fridge": 1})
    assert lines(second) == {"fridge": (1, 2000, 20), "oven": (3, 3000, 90)}
    assert second.json()["add_ons_cents"] == 11000
    await change_oven(salon, is_active=False)
    assert lines(await put(salon, order_id, {"oven": 1})) == {"oven": (1, 3000, 30)}
    assert lines(await put(salon, order_id, {})) == {}
    refused = await put(salon, order_id, {"oven": 1, "moat": 1, "fridge": 1})
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json()["errors"]] == ["add_ons/oven", "add_ons/moat"]
    faulty = await put(salon, order_id, {"moat": 1, "fridge": 0})
    assert {fault["field"] for fault in faulty.json()["errors"]} == {"add_ons/moat", "add_ons/fridge"}
    booking = await salon.read(order_id)
    assert (booking["version"], booking["add_ons"]) == (5, [])
    assert (booking["policy_snapshot"], booking["estimate"]) == (made["policy_snapshot"], made["estimate"])
    assert (await salon.actions(order_id)).count("booking_addons") == 4
    assert lines(await show(salon, order_id)) == {}


async def test_the_same_set_again_changes_nothing(salon: Salon) -> None:
    visitor = await salon.visitor(home={"beds": 2, "baths": 1, "add_ons": {"oven": 1, "balcony": 1}})
    made = await salon.created(TEN, team_id=NORTH, lead_id=visitor["lead_id"], duration_minutes=240)
    written = await salon.ledger()
    same = await put(salon, made["booking_id"], {"balcony": 1, "oven": 1}, extend_slot=True)
    assert (same.json()["version"], await salon.ledger()) == (1, written)
    assert (same.json()["planned_minutes"], same.json()["warnings"]) == (180 + 50, [])


async def test_the_held_time_follows_only_if_asked_and_only_once(salon: Salon) -> None:
    order_id = (await salon.created(TEN, team_id=NORTH))["booking_id"]
    over = (await put(salon, order_id, {"oven": 1, "balcony": 1})).json()
    assert (over["planned_minutes"], over["duration_minutes"], over["warnings"]) == (
        170,
        120,
        ["runs_over_slot"],
    )
    longer = (await put(salon, order_id, {"oven": 1, "balcony": 1}, extend_slot=True)).json()
    assert (longer["planned_minutes"], longer["duration_minutes"], longer["warnings"]) == (170, 170, [])
    assert (longer["starts_at"], longer["ends_at"]) == ("2026-03-11T14:00:00Z", "2026-03-11T16:50:00Z")
    written = await salon.ledger()
    again = await put(salon, order_id, {"oven": 1, "balcony": 1}, extend_slot=True)
    assert (again.json(), await salon.ledger()) == (longer, written)
    less = (await put(salon, order_id, {"oven": 1}, extend_slot=True)).json()
    assert (less["planned_minutes"], less["duration_minutes"]) == (150, 170)
    taken = await salon.create(TEN + timedelta(minutes=199), team_id=NORTH)
    assert taken.json()["type"] == "slot_taken"
    assert (await salon.create(TEN + timedelta(minutes=200), team_id=NORTH)).status_code == 201
    moved = await salon.verb(
        order_id, "reschedule", starts_at=(TEN + 24 * HOUR).isoformat(), duration_minutes=90
    )
    assert (moved.json()["planned_minutes"], moved.json()["duration_minutes"]) == (120, 90)


async def test_what_would_be_added_must_be_free_and_nothing_else(salon: Salon, clock: FixedClock) -> None:
    order_id = (await salon.created(TEN, team_id=NORTH, worker_ids=[ANN]))["booking_id"]
    body = {"starts_at": TEN.isoformat(), "ends_at": (TEN + HOUR).isoformat(), "keep_bookings": True}
    assert (await salon.shop.staff("POST", "/blackouts", json=body)).status_code == 201
    other = await salon.created(TEN + 3 * HOUR, team_id=NORTH)
    assert lines(await put(salon, order_id, {"oven": 1}, extend_slot=True))
    refused = await put(salon, order_id, {"oven": 1, "microwave": 1}, extend_slot=True)
    assert (refused.status_code, refused.json()["type"]) == (409, "slot_taken")
    assert other["booking_id"] in [conflict["reference"] for conflict in refused.json()["conflicts"]]
    assert all(a["team_id"] == str(NORTH) for a in refused.json()["alternatives"])
    assert (await salon.read(order_id))["version"] == 2
    assert lines(await put(salon, order_id, {"oven": 1, "microwave": 1}))
    clock.advance(days=10)
    assert (await put(salon, order_id, {"oven": 1})).status_code == 200  # the past may be written down
    crewed = (await salon.created(TEN + 264 * HOUR, team_id=SOUTH, worker_ids=[ANN]))["booking_id"]
    await salon.created(TEN + 266.5 * HOUR, team_id=NORTH, worker_ids=[BOB, ANN])
    meets = await put(salon, crewed, {"microwave": 1}, extend_slot=True)
    assert [conflict["kind"] for conflict in meets.json()["conflicts"]] == ["worker_booking"]


async def test_an_overdue_hold_gives_way_to_a_longer_visit(salon: Salon, clock: FixedClock) -> None:
    order_id = (await salon.created(TEN, team_id=NORTH))["booking_id"]
    hold = await salon.created(TEN + 2.5 * HOUR, team_id=NORTH, confirm=False)
    async with salon.uow.begin(salon.shop.org_id) as unit:
        booking = await unit.bookings.lock(BookingId(UUID(hold["booking_id"])))
        await unit.bookings.save(replace(booking, expires_at=clock.now(), version=2))
    assert lines(await put(salon, order_id, {"oven": 1}, extend_slot=True))
    assert (await salon.read(hold["booking_id"]))["cancel_reason"] == "expired"


async def test_what_is_over_keeps_its_extras(salon: Salon) -> None:
    order_id = (await salon.created(TEN, team_id=NORTH))["booking_id"]
    await salon.verb(order_id, "cancel", reason_code="weather")
    refused = await put(salon, order_id, {"oven": 1})
    assert (refused.status_code, refused.json()["type"]) == (409, "booking_move_refused")
    unknown = await put(salon, "01981c2e-5f00-7000-8000-0000000000ff", {"oven": 1})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (404, "order_id")
    assert (await put(salon, order_id, {}, "viewer")).status_code == 403


async def test_no_visit_is_made_longer_than_a_day(salon: Salon) -> None:
    order_id = (await salon.created(TEN, team_id=NORTH, duration_minutes=1400))["booking_id"]
    refused = await put(salon, order_id, {"steam_sectional": 1}, extend_slot=True)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "add_ons")
    assert (await put(salon, order_id, {"steam_sectional": 1})).status_code == 200
    stale = await put(salon, order_id, {}, headers={"if-match": '"1"'})
    assert stale.json()["type"] == "version_conflict"
