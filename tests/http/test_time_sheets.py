"""What clocks have written, on both databases: corrected, and listed (§7)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.support.crew import CrewSalon, code, z
from tests.support.salon import ANN, BOB, SOUTH

NEW_YORK = ZoneInfo("America/New_York")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_length_that_was_given_stands_until_the_next_correction(crew: CrewSalon) -> None:
    order = await crew.visit()
    now = crew.clock.now()
    await crew.order(order, "start", occurred_at=now - 3 * HOUR)
    await crew.order(order, "finish", occurred_at=now - HOUR, complete=False)
    done = await crew.salon.verb(order, "complete", actual_duration_minutes=100)
    assert (done.json()["actual_duration_minutes"], done.json()["cleaner_seconds"]) == (100, 7200)
    (entry,) = (await crew.sheet(order))["entries"]
    times = [
        {"starts_at": z(now - 3 * HOUR), "ends_at": z(now - 2 * HOUR)},
        {"starts_at": z(now - 2 * HOUR), "ends_at": z(now - 2 * HOUR + timedelta(seconds=61))},
    ]
    corrected = await correct(crew, order, entry["entry_id"], times)
    assert (corrected.status_code, corrected.headers["etag"]) == (200, '"3"'), corrected.text
    assert corrected.json()["entries"][0]["segments"] == times
    booking = await crew.salon.read(order)
    assert (booking["status"], booking["actual_duration_minutes"], booking["cleaner_seconds"]) == (
        "DONE", 62, 3661,
    )  # fmt: skip
    written = await crew.salon.ledger()
    assert (await correct(crew, order, entry["entry_id"], times)).headers["etag"] == '"3"'
    assert await crew.salon.ledger() == written
    rows = [row for row in written["audit"] if row[0] == "time_correct"]
    assert [(row[2]["version"], row[3]["version"], row[4]) for row in rows] == [(2, 3, "Phone was flat")]


async def correct(
    crew: CrewSalon, order: str, entry: str, times: list[dict[str, str]], **headers: str
) -> Any:
    body = {"segments": times, "reason": "Phone was flat"}
    path = f"/v1/orders/{order}/time/{entry}"
    return await crew.ask("PUT", path, "dispatcher", headers, json=body)


async def test_corrections_do_not_overlap_the_worker_s_other_times(crew: CrewSalon) -> None:
    now = crew.clock.now()
    first = await crew.visit()
    second = await crew.visit(starts_at=now + 3 * HOUR)
    await crew.order(first, "start", occurred_at=now - 5 * HOUR)
    await crew.order(first, "finish", occurred_at=now - 4 * HOUR)
    await crew.order(second, "start", occurred_at=now - 3 * HOUR)
    (one,), (two,) = [(await crew.sheet(order))["entries"] for order in (first, second)]
    into = [{"starts_at": z(now - 5 * HOUR), "ends_at": z(now - 2 * HOUR)}]
    assert code(await correct(crew, first, one["entry_id"], into)) == (409, "time_overlap"), "it runs"
    before = [{"starts_at": z(now - 4 * HOUR - MINUTE), "ends_at": z(now - 2 * HOUR)}]
    assert code(await correct(crew, second, two["entry_id"], before)) == (409, "time_overlap")
    beside = [{"starts_at": z(now - 4 * HOUR), "ends_at": z(now - 2 * HOUR)}]
    stopped = await correct(crew, second, two["entry_id"], beside)
    assert (stopped.status_code, stopped.json()["work_state"]) == (200, "paused")
    assert (await correct(crew, first, two["entry_id"], beside)).json()["errors"][0]["field"] == "entry_id"
    for path in (str(uuid4()), first):
        missing = await correct(crew, path, str(uuid4()), beside)
        field = "entry_id" if path == first else "order_id"
        assert (missing.status_code, missing.json()["errors"][0]["field"]) == (404, field)


BAD_TIMES: list[Any] = [
    [],
    [{"starts_at": "2026-03-01T09:00:00Z"}],
    [{"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2026-03-01T09:00:00Z"}],
    [{"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2036-03-01T09:00:00Z"}],
    [{"starts_at": "0001-01-01T00:00:00Z", "ends_at": "2026-03-01T09:00:00Z"}],
    [{"starts_at": "2026-03-01T09:00:00", "ends_at": "2026-03-01T10:00:00Z"}],
    [
        {"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2026-03-01T11:00:00Z"},
        {"starts_at": "2026-03-01T10:00:00Z", "ends_at": "2026-03-01T12:00:00Z"},
    ],
    [{"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2026-03-01T10:00:00Z", "by": "me"}],
    {},
    None,
]


@pytest.mark.parametrize("times", BAD_TIMES, ids=str)
async def test_times_that_cannot_be_are_refused(quick: CrewSalon, times: Any) -> None:
    order = await quick.visit()
    (entry,) = (await quick.order(order, "start")).json()["entries"]
    refused = await correct(quick, order, entry["entry_id"], times)
    assert code(refused) == (422, "validation_error")
    assert refused.json()["errors"][0]["field"].startswith("segments")


async def test_the_list_goes_from_the_newest_start_and_is_read_in_pages(crew: CrewSalon) -> None:
    now, orders = crew.clock.now(), []
    for number in range(4):
        order = await crew.visit(starts_at=now + 3 * number * HOUR)
        at = now - (20 - 4 * number) * HOUR
        await crew.order(order, "start", occurred_at=at)
        await crew.order(order, "finish", occurred_at=at + HOUR)
        orders.append(order)
    other = await crew.visit((BOB,), starts_at=now, team_id=SOUTH)
    await crew.order(other, "start")
    orders.append(other)

    async def listed(**query: Any) -> list[str]:
        answer = await crew.ask("GET", "/v1/admin/orders/time", "dispatcher", params=query)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        ids = [item["booking_id"] for item in body["items"]]
        following = body["next_cursor"]
        return ids + (await listed(**{**query, "cursor": following}) if following else [])

    assert await listed() == orders[::-1]
    assert await listed(limit=2) == orders[::-1]
    assert await listed(state="RUNNING") == [other]
    assert await listed(state=["RUNNING", "FINISHED"], limit=1) == orders[::-1]
    assert await listed(worker_id=str(ANN)) == orders[3::-1]
    assert await listed(**{"from": z(now - 16 * HOUR), "to": z(now - 8 * HOUR)}) == orders[2:0:-1]
    here = [(now - (20 - 4 * number) * HOUR).astimezone(NEW_YORK).date() for number in range(4)]
    yesterday = [order for order, day in zip(orders, here, strict=False) if day == here[0]]
    assert await listed(**{"from": str(here[0]), "to": str(here[0])}) == yesterday[::-1]
    assert 0 < len(yesterday) < 4, "the day ends at local midnight"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "invalid_window"),
        ({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T09:00:00Z"}, "invalid_window"),
        ({"from": "yesterday"}, "validation_error"),
        ({"from": "2026-02-30"}, "validation_error"),
        ({"from": "2026-03-02T09:00:00"}, "validation_error"),
        ({"to": "9999-12-31"}, "validation_error"),
        ({"state": "DONE"}, "validation_error"),
        ({"worker_id": "me"}, "validation_error"),
        ({"cursor": "x"}, "validation_error"),
        ({"offset": "1"}, "validation_error"),
    ],
)
async def test_filters_that_cannot_be_are_refused(
    quick: CrewSalon, query: dict[str, str], expected: str
) -> None:
    refused = await quick.ask("GET", "/v1/admin/orders/time", "dispatcher", params=query)
    assert code(refused) == (422, expected)
