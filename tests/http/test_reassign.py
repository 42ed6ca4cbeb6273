"""A worker's jobs go to another, over HTTP, on both databases."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")
HOUR = timedelta(hours=1)


async def reassign(salon: Salon, worker: Any = ANN, **fields: Any) -> httpx.Response:
    body = {"from": TEN.isoformat(), "to": (TEN + 48 * HOUR).isoformat(), **fields}
    return await salon.shop.staff("POST", f"/workers/{worker}/reassign", json=body)


async def crew(salon: Salon, booking_id: str) -> list[str]:
    return [member["name"] for member in (await salon.read(booking_id))["crew"]]


async def test_jobs_of_the_period_go_to_another_where_they_can(salon: Salon) -> None:
    before, first, busy, with_bob, after = [
        (await salon.created(TEN + hours * HOUR, team_id=NORTH, worker_ids=who))["booking_id"]
        for hours, who in ((-3, [ANN]), (0, [ANN]), (24, [ANN]), (28, [ANN, BOB]), (48, [ANN]))
    ]
    await salon.created(TEN + 24 * HOUR, team_id=SOUTH, worker_ids=[BOB])
    written = await salon.ledger()
    tried = await reassign(salon, to_worker_id=str(BOB))
    assert tried.status_code == 200, tried.text
    assert [(r["booking_id"], r["ok"], r["version"]) for r in tried.json()["results"]] == [
        (first, True, 1),
        (busy, False, 1),
        (with_bob, True, 1),
    ]
    assert await salon.ledger() == written
    done = await reassign(salon, to_worker_id=str(BOB), dry_run=False)
    assert [(r["ok"], r["version"]) for r in done.json()["results"]] == [(True, 2), (False, 1), (True, 2)]
    problem = done.json()["results"][1]["problem"]
    assert (problem["type"], problem["conflicts"][0]["kind"]) == ("slot_taken", "worker_booking")
    assert [await crew(salon, one) for one in (before, first, busy, with_bob, after)] == [
        ["Ann"],
        ["Bob"],
        ["Ann"],
        ["Bob"],
        ["Ann"],
    ]
    assert await salon.actions(first) == ["booking_assign", "booking_create"]
    mails = await salon.mails(first)
    assert (mails[f"crew:{ANN}:2"]["assigned"], mails[f"crew:{BOB}:2"]["assigned"]) == (False, True)


async def test_without_another_their_places_fall_free(salon: Salon) -> None:
    first, cancelled = [
        (await salon.created(TEN + hours * HOUR, team_id=NORTH, worker_ids=[ANN]))["booking_id"]
        for hours in (0, 24)
    ]
    await salon.verb(cancelled, "cancel", reason_code="weather")
    done = (await reassign(salon, dry_run=False)).json()
    assert ([result["booking_id"] for result in done["results"]], done["succeeded"]) == ([first], 1)
    assert await crew(salon, first) == []
    again = (await reassign(salon, dry_run=False)).json()
    assert again == {"results": [], "succeeded": 0, "failed": 0}


@pytest.mark.parametrize(
    ("fields", "code", "at_fault"),
    [
        ({"to": TEN.isoformat()}, "invalid_window", "to"),
        ({"to": (TEN + timedelta(days=92, seconds=1)).isoformat()}, "invalid_window", "to"),
        ({"to_worker_id": str(ANN)}, "validation_error", "to_worker_id"),
        ({"from": None}, "validation_error", "from"),
        ({"to_worker_id": str(uuid4())}, "not_found", "to_worker_id"),
        ({"worker": uuid4()}, "not_found", "worker_id"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    salon: Salon, fields: dict[str, Any], code: str, at_fault: str
) -> None:
    answer = await reassign(salon, **fields)
    assert (answer.json()["type"], answer.json()["errors"][0]["field"]) == (code, at_fault)


async def test_nobody_is_taken_from_work_that_is_under_way(salon: Salon, clock: FixedClock) -> None:
    order_id = (await salon.created(TEN, team_id=NORTH, worker_ids=[ANN]))["booking_id"]
    clock.advance(days=9)
    headers = {"authorization": f"Bearer {salon.shop.org_id}:dispatcher"}
    path, body = f"/v1/orders/{order_id}/time/start", {"worker_id": str(ANN)}
    assert (await salon.shop.client.post(path, json=body, headers=headers)).status_code == 200
    for to in (None, str(BOB)):
        (result,) = (await reassign(salon, to_worker_id=to, dry_run=False)).json()["results"]
        assert (result["ok"], result["problem"]["type"]) == (False, "work_in_progress")
