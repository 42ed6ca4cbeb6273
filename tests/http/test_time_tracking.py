"""Clocks over HTTP, on both databases: the table of §7, offline phones, overruns, completion."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.crew import CrewSalon, code, z
from tests.support.salon import ANN, BOB, SOUTH

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_clock_from_start_to_finish_and_the_booking_with_it(crew: CrewSalon) -> None:
    lead_id = (await crew.salon.visitor())["lead_id"]
    order = await crew.visit(lead_id=lead_id)
    began = crew.clock.now()
    started = await crew.order(order, "start")
    assert (started.status_code, started.headers["etag"]) == (200, '"1"'), started.text
    (entry,) = started.json()["entries"]
    assert (started.json()["work_state"], entry["state"]) == ("running", "RUNNING")
    assert entry["worker_name"] == "Ann"
    assert entry["segments"] == [{"starts_at": z(began), "ends_at": None}]
    assert (entry["planned_seconds"], entry["delta_seconds"], entry["leak"]) == (10800, -10800, False)
    crew.clock.advance(minutes=30)
    assert (await crew.sheet(order))["entries"][0]["effective_seconds"] == 1800
    assert (await crew.order(order, "pause")).json()["work_state"] == "paused"
    crew.clock.advance(minutes=10)
    meanwhile = await crew.salon.read(order)
    assert meanwhile["work_state"] == "paused"
    assert not {"cancel", "reschedule"} & {action["rel"] for action in meanwhile["actions"]}
    await crew.order(order, "resume")
    crew.clock.advance(minutes=60)
    done = (await crew.order(order, "finish", note="all fine")).json()
    (entry,) = done["entries"]
    assert (done["status"], done["work_state"], entry["state"]) == ("DONE", "finished", "FINISHED")
    assert (entry["effective_seconds"], entry["delta_seconds"], entry["note"]) == (5400, -5400, "all fine")
    assert (entry["started_at"], entry["finished_at"]) == (z(began), z(began + 100 * MINUTE))
    booking = await crew.salon.read(order)
    assert (booking["status"], booking["work_state"]) == ("DONE", "finished")
    assert (booking["actual_duration_minutes"], booking["cleaner_seconds"]) == (90, 5400)
    assert {"completed", "nps"} <= set(await crew.salon.mails(order))
    assert await crew.salon.lead_status(lead_id) == "DONE"
    actions = ["booking_complete", "booking_create", "time_finish", "time_pause", "time_resume", "time_start"]
    assert await crew.salon.actions(order) == actions
    assert booking["version"] == len(actions)
    (row,) = (await crew.salon.get("/bookings", **{"from": "2026-03-02"})).json()["items"]
    assert (row["work_state"], row["actual_duration_minutes"], row["cleaner_seconds"]) == (
        "finished",
        90,
        5400,
    )


async def test_what_is_so_already_writes_nothing(crew: CrewSalon) -> None:
    order = await crew.visit()
    for verb in ("start", "pause", "resume", "finish"):
        first = await crew.order(order, verb)
        written, version = await crew.salon.ledger(), (await crew.salon.read(order))["version"]
        crew.clock.advance(minutes=1)
        again = await crew.order(order, verb)
        assert again.status_code == 200, again.text
        assert again.headers["etag"] == first.headers["etag"]
        assert await crew.salon.ledger() == written
        assert (await crew.salon.read(order))["version"] == version


async def test_steps_that_the_table_does_not_have_are_refused(crew: CrewSalon) -> None:
    order = await crew.visit()
    for verb in ("pause", "resume", "finish"):
        assert code(await crew.order(order, verb)) == (409, "work_move_refused")
    await crew.order(order, "start")
    await crew.order(order, "pause")
    assert code(await crew.order(order, "start")) == (409, "work_move_refused")
    await crew.order(order, "finish", complete=False)
    for verb in ("start", "pause", "resume"):
        assert code(await crew.order(order, verb)) == (409, "work_move_refused")


async def test_clocks_start_on_confirmed_bookings_alone(crew: CrewSalon) -> None:
    waiting = await crew.visit(confirm=False)
    assert code(await crew.order(waiting, "start")) == (409, "booking_move_refused")
    await crew.salon.verb(waiting, "cancel", reason_code="other")
    assert code(await crew.order(waiting, "start")) == (409, "booking_move_refused")
    done = await crew.visit()
    await crew.salon.verb(done, "complete", actual_duration_minutes=60)
    assert code(await crew.order(done, "start")) == (409, "booking_move_refused")


async def test_whose_clock_must_be_said_unless_the_crew_is_one(crew: CrewSalon) -> None:
    nobody = await crew.visit(())
    both = await crew.visit((ANN, BOB), starts_at=crew.clock.now() + 3 * HOUR)
    for order in (nobody, both):
        refused = await crew.order(order, "start")
        assert code(refused) == (422, "validation_error")
        assert refused.json()["errors"][0]["field"] == "worker_id"
    missing = await crew.order(both, "start", worker_id=uuid4())
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (404, "worker_id")
    missing = await crew.order(str(uuid4()), "start", worker_id=ANN)
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (404, "order_id")
    assert (await crew.order(both, "start", worker_id=BOB)).json()["entries"][0]["worker_name"] == "Bob"


async def test_a_worker_works_at_one_place_at_a_time(crew: CrewSalon) -> None:
    first = await crew.visit()
    second = await crew.visit(starts_at=crew.clock.now() + 3 * HOUR)
    await crew.order(first, "start")
    refused = await crew.order(second, "start")
    assert code(refused) == (409, "other_work_running")
    assert refused.json()["booking_id"] == first
    crew.clock.advance(minutes=30)
    await crew.order(first, "pause")
    overlapping = await crew.order(second, "start", occurred_at=crew.clock.now() - 10 * MINUTE)
    assert code(overlapping) == (409, "other_work_running"), "they were at the first then"
    assert (await crew.order(second, "start")).status_code == 200
    assert code(await crew.order(first, "resume")) == (409, "other_work_running")
    crew.clock.advance(minutes=30)
    await crew.order(second, "pause")
    late = await crew.order(first, "resume", occurred_at=crew.clock.now() - 10 * MINUTE)
    assert code(late) == (409, "other_work_running"), "they were at the second then"
    assert (await crew.order(first, "resume")).status_code == 200


async def test_an_offline_phone_says_when(crew: CrewSalon) -> None:
    order = await crew.visit()
    now = crew.clock.now()
    for wrong in (now + timedelta(seconds=1), now - 24 * HOUR - timedelta(seconds=1)):
        refused = await crew.order(order, "start", occurred_at=wrong)
        assert code(refused) == (422, "validation_error")
        assert refused.json()["errors"][0]["field"] == "occurred_at"
    assert (await crew.order(order, "start", occurred_at=now - 2 * HOUR)).status_code == 200
    early = await crew.order(order, "pause", occurred_at=now - 3 * HOUR)
    assert early.json()["errors"][0]["field"] == "occurred_at"
    sheet = (await crew.order(order, "finish", occurred_at=now - HOUR)).json()
    assert sheet["entries"][0]["effective_seconds"] == 3600
    assert sheet["entries"][0]["finished_at"] == z(now - HOUR)
    crew.clock.advance(minutes=60 * 30)
    repeated = await crew.order(order, "finish", occurred_at=now - HOUR)
    assert (repeated.status_code, repeated.json()) == (200, sheet), "a day later it may still be said again"
    naive = await crew.order(order, "finish", occurred_at="2026-03-02T10:00:00")
    assert code(naive) == (422, "validation_error")


async def test_an_overrun_wants_a_reason(crew: CrewSalon) -> None:
    order = await crew.visit()
    await crew.order(order, "start")
    crew.clock.advance(minutes=144)
    assert (await crew.sheet(order))["entries"][0]["leak"] is False, "a fifth more exactly is no overrun"
    crew.clock.advance(minutes=1)
    refused = await crew.order(order, "finish")
    assert code(refused) == (422, "overrun_reason_required")
    assert (await crew.sheet(order))["work_state"] == "running"
    unknown = await crew.order(order, "finish", overrun_reason="laziness")
    assert code(unknown) == (422, "validation_error")
    (entry,) = (await crew.order(order, "finish", overrun_reason="extra_dirt")).json()["entries"]
    assert (entry["leak"], entry["overrun_reason"], entry["delta_seconds"]) == (True, "extra_dirt", 25 * 60)


async def test_the_last_of_the_crew_finishes_the_visit(crew: CrewSalon) -> None:
    order = await crew.visit((ANN, BOB))
    await crew.order(order, "start", worker_id=ANN)
    crew.clock.advance(minutes=10)
    await crew.order(order, "finish", worker_id=ANN)
    assert (await crew.sheet(order))["status"] == "CONFIRMED", "Bob has not begun"
    await crew.order(order, "start", worker_id=BOB)
    crew.clock.advance(minutes=10)
    assert (await crew.order(order, "finish", worker_id=BOB)).json()["status"] == "DONE"
    booking = await crew.salon.read(order)
    assert (booking["actual_duration_minutes"], booking["cleaner_seconds"]) == (20, 1200)


async def test_completing_at_finish_can_be_asked_for_and_forbidden(crew: CrewSalon) -> None:
    order = await crew.visit((ANN, BOB))
    for worker in (ANN, BOB):
        await crew.order(order, "start", worker_id=worker)
    written = await crew.salon.ledger()
    refused = await crew.order(order, "finish", worker_id=ANN, complete=True)
    assert code(refused) == (409, "work_in_progress")
    assert await crew.salon.ledger() == written, "her clock runs on"
    await crew.order(order, "finish", worker_id=ANN)
    last = await crew.order(order, "finish", worker_id=BOB, complete=False)
    assert (last.json()["status"], last.json()["work_state"]) == ("CONFIRMED", "finished")
    asked = await crew.order(order, "finish", worker_id=BOB, complete=True)
    assert (asked.status_code, asked.json()["status"]) == (200, "DONE")
    alone = await crew.visit((ANN, BOB), starts_at=crew.clock.now() + 3 * HOUR)
    await crew.order(alone, "start", worker_id=ANN)
    assert (await crew.order(alone, "finish", worker_id=ANN, complete=True)).json()["status"] == "DONE"


async def test_open_clocks_keep_the_visit_where_it_is(crew: CrewSalon) -> None:
    order = await crew.visit((ANN, BOB))
    moved = {"starts_at": (crew.clock.now() + 5 * HOUR).isoformat()}
    await crew.order(order, "start", worker_id=ANN)
    for verb in ("start", "pause"):
        await crew.order(order, verb, worker_id=ANN)
        written = await crew.salon.ledger()
        for refused in (
            await crew.salon.verb(order, "cancel", reason_code="other"),
            await crew.salon.verb(order, "reschedule", starts_at=moved["starts_at"]),
            await crew.salon.shop.staff("POST", f"/schedule/{order}/move", json=moved),
            await crew.salon.verb(order, "complete", actual_duration_minutes=60),
            await crew.salon.verb(order, "unassign", worker_ids=[ANN]),
            await crew.salon.verb(order, "assign", worker_ids=[BOB], replace=True),
        ):
            assert code(refused) == (409, "work_in_progress")
        assert await crew.salon.ledger() == written
        await crew.order(order, "resume", worker_id=ANN)
    assert (await crew.salon.verb(order, "unassign", worker_ids=[BOB])).status_code == 200
    gone = await crew.salon.shop.staff(
        "PATCH", f"/workers/{ANN}", json={"is_active": False, "unassign_future": True}
    )
    assert code(gone) == (409, "work_in_progress")


async def test_open_clocks_keep_the_visit_where_it_is_in_bulk_too(crew: CrewSalon) -> None:
    order = await crew.visit((ANN, BOB))
    await crew.order(order, "start", worker_id=ANN)
    written = await crew.salon.ledger()
    deeds: list[dict[str, Any]] = [
        {"action": "cancel", "reason_code": "other"},
        {"action": "unassign", "worker_ids": [str(ANN)]},
        {"action": "assign", "worker_ids": [str(BOB)], "replace": True},
        {"action": "set_team", "team_id": str(SOUTH)},
    ]
    for number, deed in enumerate(deeds):
        body, key = {"booking_ids": [order], **deed}, {"idempotency-key": f"{order}-{number}"}
        answer = await crew.salon.shop.staff("POST", "/bookings/bulk", json=body, headers=key)
        assert answer.status_code == 200, answer.text
        (result,) = answer.json()["results"]
        assert (result["ok"], result["problem"]["type"]) == (False, "work_in_progress"), deed
    window = {"from": z(crew.clock.now() - HOUR), "to": z(crew.clock.now() + HOUR), "dry_run": False}
    answer = await crew.salon.shop.staff("POST", f"/workers/{ANN}/reassign", json=window)
    (result,) = answer.json()["results"]
    assert (result["ok"], result["problem"]["type"]) == (False, "work_in_progress")
    assert await crew.salon.ledger() == written


async def test_open_work_can_be_finished_with_the_visit(crew: CrewSalon) -> None:
    order = await crew.visit((ANN, BOB))
    await crew.order(order, "start", worker_id=ANN)
    await crew.order(order, "start", worker_id=BOB)
    crew.clock.advance(minutes=300)
    await crew.order(order, "pause", worker_id=BOB, occurred_at=crew.clock.now() - 60 * MINUTE)
    done = (await crew.salon.verb(order, "complete", finish_open_work=True)).json()
    assert (done["status"], done["work_state"], done["actual_duration_minutes"]) == ("DONE", "finished", 300)
    assert done["cleaner_seconds"] == (300 + 240) * 60
    assert {entry["state"] for entry in (await crew.sheet(order))["entries"]} == {"FINISHED"}
    actions = await crew.salon.actions(order)
    assert actions.count("time_finish") == 2
    assert done["version"] == len(actions)


async def test_a_stale_version_is_refused(quick: CrewSalon) -> None:
    order = await quick.visit()
    assert code(await quick.order(order, "start", headers={"if-match": '"1"'})) == (412, "version_conflict")
    await quick.order(order, "start")
    stale = await quick.order(order, "pause", headers={"if-match": '"2"'})
    assert code(stale) == (412, "version_conflict")
    assert (await quick.order(order, "pause", headers={"if-match": '"1"'})).headers["etag"] == '"2"'


async def test_two_who_finish_at_once_complete_it_once(crew: CrewSalon) -> None:
    lead_id = (await crew.salon.visitor())["lead_id"]
    order = await crew.visit((ANN, BOB), lead_id=lead_id)
    for worker in (ANN, BOB):
        await crew.order(order, "start", worker_id=worker)
    answers = await asyncio.gather(
        *(crew.order(order, "finish", worker_id=worker) for worker in (ANN, BOB, ANN, BOB))
    )
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    assert (await crew.sheet(order))["status"] == "DONE"
    actions = await crew.salon.actions(order)
    assert (actions.count("time_finish"), actions.count("booking_complete")) == (2, 1)
    assert {"completed", "nps"} <= set(await crew.salon.mails(order))


EDGES: tuple[Any, ...] = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "2026-03-02T14:00:00.1234567Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02T13:59:60Z",
    "not a time",
    "",
    1_772_460_000,
    True,
    [],
)


@pytest.mark.parametrize("moment", EDGES, ids=str)
async def test_no_time_is_a_fault_of_ours(quick: CrewSalon, moment: Any) -> None:
    order = await quick.visit()
    refused = await quick.ask(
        "POST", f"/v1/orders/{order}/time/start", "dispatcher", json={"occurred_at": moment}
    )
    assert code(refused) == (422, "validation_error"), refused.text
    assert [fault["field"] for fault in refused.json()["errors"]] == ["occurred_at"]
    if isinstance(moment, str) and moment:
        for name in ("from", "to"):
            listed = await quick.ask("GET", "/v1/admin/orders/time", "dispatcher", params={name: moment})
            assert listed.status_code in {200, 422}, listed.text
