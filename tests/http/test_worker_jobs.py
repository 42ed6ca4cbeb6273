"""What workers see and do, on both databases: their jobs, no more of the client than the visit needs."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.support.clock import FixedClock
from tests.support.crew import CrewSalon, open_crew
from tests.support.salon import ANN, BOB, SOUTH
from tests.support.scheduling import at

HOUR = timedelta(hours=1)
NEW_YORK = ZoneInfo("America/New_York")
LEAD = {
    "name": "Jane van der Meer",
    "access_notes": "Key under the mat",
    "parking": "In the yard",
    "pets": "A cat",
    "allergies": "Nuts",
    "address": "1 Main St",
}


async def jobs(crew: CrewSalon, who: Any = ANN, **query: Any) -> list[str]:
    answer = await crew.look(who, **query)
    assert answer.status_code == 200, answer.text
    return [item["order_id"] for item in answer.json()["items"]]


async def test_a_job_says_what_the_visit_needs_and_nothing_of_money_or_risk(crew: CrewSalon) -> None:
    lead_id = (await crew.salon.visitor(**LEAD))["lead_id"]
    extras: dict[str, Any] = {"duration_minutes": 180, "notes": "Ring twice", "add_ons": {"oven": 1}}
    order = await crew.visit((ANN, BOB), lead_id=lead_id, **extras)
    job = (await crew.look(ANN, f"/{order}")).json()
    assert job == (await crew.look(ANN)).json()["items"][0]
    assert set(job) == {
        "order_id", "status", "starts_at", "ends_at", "timezone", "duration_minutes", "planned_minutes",
        "service_type", "client_name", "client_phone", "address", "access_notes", "parking", "pets",
        "allergies", "notes", "add_ons", "crew", "my_time", "work_state", "consent_photos", "photos",
        "actions",
    }  # fmt: skip
    assert (job["client_name"], job["client_phone"]) == ("Jane M.", "+1 555 0000001")
    assert (job["access_notes"], job["address"]) == ("Key under the mat", "1 Main St")
    assert (job["parking"], job["pets"], job["allergies"]) == ("In the yard", "A cat", "Nuts")
    assert (job["notes"], job["timezone"]) == ("Ring twice", "America/New_York")
    assert job["add_ons"] == [{"code": "oven", "name": "Inside the oven", "qty": 1, "minutes": 30}]
    assert [member["name"] for member in job["crew"]] == ["Ann", "Bob"]
    assert (job["my_time"], job["work_state"]) == (None, "not_started")
    assert (job["duration_minutes"], job["status"]) == (180, "CONFIRMED")
    assert job["photos"] == {"before": 0, "after": 0, "needs_retake": 0}


async def test_telephone_and_access_notes_open_48_hours_before_and_shut_24_after(
    crew: CrewSalon, clock: FixedClock
) -> None:
    lead_id = (await crew.salon.visitor(**LEAD))["lead_id"]
    start = clock.now() + 72 * HOUR
    order = await crew.visit(lead_id=lead_id, starts_at=start, duration_minutes=120)
    second, end = timedelta(seconds=1), start + 2 * HOUR
    moments = {
        start - 48 * HOUR - second: False,
        start - 48 * HOUR: True,
        end + 24 * HOUR: True,
        end + 24 * HOUR + second: False,
    }
    for moment, seen in moments.items():
        clock.set(moment)
        job = (await crew.look(ANN, f"/{order}")).json()
        assert (job["client_phone"] is not None, job["access_notes"] is not None) == (seen, seen), moment
        assert (job["client_name"], job["address"]) == ("Jane M.", "1 Main St")


async def test_what_is_mine_and_what_is_not(crew: CrewSalon) -> None:
    now = crew.clock.now()
    mine = await crew.visit()
    team_s = await crew.visit((), starts_at=now + 3 * HOUR)
    colleague_s = await crew.visit((BOB,), starts_at=now + 6 * HOUR)
    waiting = await crew.visit(starts_at=now + 9 * HOUR, confirm=False)
    called_off = await crew.visit(starts_at=now + 12 * HOUR)
    other_team_s = await crew.visit((), starts_at=now, team_id=SOUTH)
    team_s_called_off = await crew.visit((), starts_at=now + 3 * HOUR, team_id=SOUTH)
    for order in (called_off, team_s_called_off):
        await crew.salon.verb(order, "cancel", reason_code="other")
    assert await jobs(crew) == [mine, team_s, called_off]
    assert await jobs(crew, BOB) == [other_team_s, colleague_s]
    missing = (await crew.look(ANN, f"/{uuid4()}")).json()
    for order in (colleague_s, waiting, other_team_s, team_s_called_off):
        refused = await crew.look(ANN, f"/{order}")
        assert (refused.status_code, refused.json()["type"]) == (404, "not_found")
        assert {**refused.json(), "instance": "", "request_id": ""} == {
            **missing, "instance": "", "request_id": "",
        }  # fmt: skip
        for verb in ("start", "pause", "resume", "finish"):
            refused = await crew.mine(ANN, order, verb)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (404, "order_id")
    assert (await crew.mine(ANN, called_off, "start")).json()["type"] == "booking_move_refused"


async def test_a_login_without_a_worker_has_no_jobs(quick: CrewSalon) -> None:
    order = await quick.visit()
    stranger = f"worker:{quick.stranger}"
    for method, path in (
        ("GET", "/v1/worker/jobs"),
        ("GET", f"/v1/worker/jobs/{order}"),
        *(("POST", f"/v1/worker/jobs/{order}/{verb}") for verb in ("start", "pause", "resume", "finish")),
    ):
        refused = await quick.ask(method, path, stranger)
        assert (refused.status_code, refused.json()["type"]) == (403, "worker_not_linked"), path
        staff = await quick.ask(method, path, "owner")
        assert (staff.status_code, staff.json()["type"]) == (403, "forbidden")


async def test_a_worker_s_day_with_the_clock(crew: CrewSalon) -> None:
    order = await crew.visit((ANN, BOB))

    async def actions(who: Any) -> list[str]:
        job = (await crew.look(who, f"/{order}")).json()
        return [action["rel"] for action in job["actions"]]

    assert await actions(ANN) == ["start"]
    started = await crew.mine(ANN, order, "start")
    assert (started.status_code, started.json()["work_state"]) == (200, "running"), started.text
    assert await actions(ANN) == ["pause", "finish"]
    assert await actions(BOB) == ["start"]
    crew.clock.advance(minutes=30)
    await crew.mine(ANN, order, "pause")
    assert await actions(ANN) == ["resume", "finish"]
    job = (await crew.look(ANN, f"/{order}")).json()
    assert (job["my_time"]["state"], job["my_time"]["effective_seconds"]) == ("PAUSED", 1800)
    await crew.mine(ANN, order, "resume")
    await crew.mine(BOB, order, "start", occurred_at=crew.clock.now())
    crew.clock.advance(minutes=30)
    await crew.mine(ANN, order, "finish", note="The cat is fine")
    assert await actions(ANN) == []
    done = await crew.mine(BOB, order, "finish")
    assert (done.json()["status"], [e["state"] for e in done.json()["entries"]]) == ("DONE", ["FINISHED"] * 2)
    assert await actions(BOB) == []
    again = await crew.mine(BOB, order, "finish")
    assert (again.status_code, again.json()) == (200, done.json())
    rows = [row for row in (await crew.salon.ledger())["audit"] if row[0].startswith("time_")]
    assert {row[5] for row in rows} == {"worker"}


async def test_an_offline_queue_may_come_twice_and_in_the_wrong_order(crew: CrewSalon) -> None:
    order = await crew.visit()
    now = crew.clock.now()
    verbs = ("start", "pause", "resume", "finish")
    queue = [(verb, now - (4 - place) * HOUR) for place, verb in enumerate(verbs)]
    early = await crew.mine(ANN, order, "finish", occurred_at=now - HOUR)
    assert (early.status_code, early.json()["type"]) == (409, "work_move_refused")
    for verb, moment in queue:
        key = {"idempotency-key": f"{order}-{verb}"}
        first = await crew.mine(ANN, order, verb, occurred_at=moment, headers=key)
        assert first.status_code == 200, first.text
        again = await crew.mine(ANN, order, verb, occurred_at=moment, headers=key)
        assert (again.headers["idempotency-replayed"], again.json()) == ("true", first.json())
    written = await crew.salon.ledger()
    for verb, moment in queue:
        repeated = await crew.mine(ANN, order, verb, occurred_at=moment)
        assert repeated.status_code == (200 if verb == "finish" else 409)
    assert await crew.salon.ledger() == written
    booking = await crew.salon.read(order)
    assert (booking["status"], booking["actual_duration_minutes"]) == ("DONE", 120)


async def test_a_team_s_job_without_a_crew_can_be_done_by_whoever_comes(crew: CrewSalon) -> None:
    order = await crew.visit(())
    await crew.mine(ANN, order, "start")
    crew.clock.advance(minutes=10)
    assert (await crew.mine(ANN, order, "finish")).json()["status"] == "DONE"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"day": "2026-02-28"}, "day"),
        ({"day": "2026-03-17"}, "day"),
        ({"day": "2026-03-16", "days": 2}, "days"),
        ({"day": "2026-03-04", "days": 14}, "days"),
        ({"days": 15}, "days"),
        ({"days": 0}, "days"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"day": "today"}, "day"),
        ({"worker_id": str(BOB)}, "worker_id"),
    ],
)
async def test_days_out_of_reach_are_refused(quick: CrewSalon, query: dict[str, Any], field: str) -> None:
    refused = await quick.look(ANN, **query)
    assert (refused.status_code, refused.json()["type"]) == (422, "validation_error")
    assert [fault["field"] for fault in refused.json()["errors"]] == [field]


async def test_days_reach_from_yesterday_to_a_fortnight_ahead(quick: CrewSalon) -> None:
    today = date(2026, 3, 2)
    for day, days in ((-1, 1), (-1, 14), (1, 14), (14, 1), (0, 14)):
        answer = await quick.look(ANN, day=str(today + timedelta(days=day)), days=days)
        assert answer.status_code == 200, answer.text


async def test_a_day_is_the_company_s_also_when_the_clocks_change(crew: CrewSalon, clock: FixedClock) -> None:
    """8 March 2026 has 23 hours in New York; a job over midnight is on both days."""
    clock.set(at("2026-03-07 08:00"))
    late = await crew.visit(starts_at=at("2026-03-07 23:00"), duration_minutes=120)
    inside = await crew.visit(starts_at=at("2026-03-08 12:00"))
    last = await crew.visit(starts_at=at("2026-03-08 23:00"), duration_minutes=60)
    after = await crew.visit(starts_at=at("2026-03-09 00:30"), duration_minutes=60)
    assert await jobs(crew, day="2026-03-07") == [late]
    assert await jobs(crew, day="2026-03-08") == [late, inside, last]
    assert await jobs(crew, day="2026-03-09") == [after]
    assert await jobs(crew, day="2026-03-07", days=3) == [late, inside, last, after]
    clock.set(datetime(2026, 3, 8, 4, 30, tzinfo=ZoneInfo("UTC")))  # still the 7th here
    assert await jobs(crew) == [late]


async def test_a_clock_over_midnight_and_a_clock_change_counts_what_passed(
    crew: CrewSalon, clock: FixedClock
) -> None:
    clock.set(at("2026-03-07 22:00"))
    order = await crew.visit(starts_at=at("2026-03-07 22:00"), duration_minutes=300)
    await crew.mine(ANN, order, "start")
    clock.set(at("2026-03-08 03:00"))  # two o'clock never came
    (entry,) = (await crew.mine(ANN, order, "finish")).json()["entries"]
    assert entry["effective_seconds"] == 4 * 3600


async def test_a_worker_of_another_company_is_nobody_here(crew: CrewSalon, clock: FixedClock) -> None:
    order = await crew.visit()
    async with open_crew(crew.salon.uow, clock) as rival:
        for method, path in (("GET", f"/v1/worker/jobs/{order}"), ("POST", f"/v1/worker/jobs/{order}/start")):
            refused = await rival.ask(method, path, rival.as_worker(ANN))
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (404, "order_id")
        assert await jobs(rival) == []
