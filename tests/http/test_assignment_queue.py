"""The queue of visits that nobody is assigned to, over HTTP, on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.clock import START
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-03 06:00")  # within the next 24 hours
HOUR = timedelta(hours=1)


async def queue(salon: Salon, role: str = "dispatcher", **query: Any) -> dict[str, Any]:
    answer = await salon.get("/queue/assignments", role, **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_it_shows_who_waits_since_when_and_who_could_go(salon: Salon) -> None:
    visitor = await salon.visitor()
    made = await salon.created(TEN, team_id=NORTH, lead_id=visitor["lead_id"], service_type="standard")
    await salon.created(TEN, team_id=SOUTH, worker_ids=[BOB])
    later = await salon.created(TEN + 72 * HOUR, team_id=SOUTH)
    found = await queue(salon)
    assert (found["total"], found["urgent_count"], found["limit"], found["offset"]) == (2, 1, 50, 0)
    first, second = found["items"]
    hours = round((TEN - START) / HOUR, 2)
    assert {
        name: first[name] for name in ("booking_id", "urgency", "hours_until_start", "days_until_start")
    } == {
        "booking_id": made["booking_id"],
        "urgency": "urgent",
        "hours_until_start": hours,
        "days_until_start": round(hours / 24, 2),
    }
    same = ("lead_name", "lead_phone", "lead_email", "starts_at", "ends_at", "duration_minutes", "status")
    assert {name: first[name] for name in same} == {name: made[name] for name in same}
    assert (first["team_name"], first["service_type"], first["crew_needed"]) == ("North", "standard", 1)
    assert first["suggested_workers"] == [{"worker_id": str(ANN), "name": "Ann"}]
    assert (second["booking_id"], second["urgency"]) == (later["booking_id"], "normal")
    assert [worker["name"] for worker in second["suggested_workers"]] == ["Ann", "Bob"]
    assert (await queue(salon, days_ahead=1))["total"] == 1
    page = await queue(salon, limit=1, offset=1)
    assert ([item["booking_id"] for item in page["items"]], page["total"]) == ([later["booking_id"]], 2)


async def test_its_links_lead_where_they_say(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    (item,) = (await queue(salon))["items"]
    links = {action["rel"]: action for action in item["actions"]}
    opened = await salon.get(links["open"]["href"].removeprefix("/v1/admin"))
    assert opened.json()["booking_id"] == made["booking_id"]
    body = {"worker_ids": [item["suggested_workers"][0]["worker_id"]]}
    path = links["assign"]["href"].removeprefix("/v1/admin")
    assert (await salon.shop.staff(links["assign"]["method"], path, json=body)).status_code == 200
    assert (await queue(salon))["items"] == []


async def test_who_is_suggested_is_who_the_suggestions_put_first(salon: Salon) -> None:
    """Also where other visits, time off and buffers lie close by."""
    for number, name in enumerate(("Cid", "Dan", "Eve", "Fay")):
        body = {"name": name, "team_id": str(NORTH if number % 2 else SOUTH)}
        assert (await salon.shop.staff("POST", "/workers", json=body)).status_code == 201
    await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    closed = {"starts_at": TEN.isoformat(), "ends_at": (TEN + 6 * HOUR).isoformat(), "worker_id": str(BOB)}
    assert (await salon.shop.staff("POST", "/blackouts", json=closed)).status_code == 201
    for hours in (2, 2.5, 5, 26):
        await salon.create(TEN + hours * HOUR, team_id=SOUTH)
        await salon.create(TEN + hours * HOUR, team_id=NORTH, duration_minutes=60)
    items = (await queue(salon))["items"]
    assert len(items) >= 5
    for item in items:
        window = {name: item[name] for name in ("starts_at", "ends_at", "booking_id")}
        asked = (await salon.get("/schedule/suggestions", **window)).json()["workers"]
        assert item["suggested_workers"] == [
            {"worker_id": worker["worker_id"], "name": worker["name"]} for worker in asked[:3]
        ]


@pytest.mark.parametrize("query", [{"days_ahead": 0}, {"days_ahead": 31}, {"limit": 101}, {"offset": -1}])
async def test_its_bounds(salon: Salon, query: dict[str, Any]) -> None:
    answer = await salon.get("/queue/assignments", **query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(query)))


@pytest.mark.parametrize("role", ["viewer", "finance", "worker"])
async def test_it_is_for_dispatchers(salon: Salon, role: str) -> None:
    assert (await salon.get("/queue/assignments", role)).status_code == 403
