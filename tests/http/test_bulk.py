"""One verb for many bookings over HTTP, on both databases: as the single verb, one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.shared.ids import BookingId
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")
HOUR = timedelta(hours=1)
KEYS = count(1)


async def bulk(
    salon: Salon, ids: list[str], action: str, role: str = "dispatcher", **fields: Any
) -> httpx.Response:
    headers = {"idempotency-key": fields.pop("key", f"bulk-{next(KEYS)}")}
    body = {"booking_ids": ids, "action": action, **fields}
    return await salon.shop.staff("POST", "/bookings/bulk", role, json=body, headers=headers)


def told(answer: httpx.Response) -> list[tuple[str, int] | str]:
    """Status and version of each, or the problem that kept it from being done."""
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert answer.json()["succeeded"] == sum(result["ok"] for result in results)
    assert answer.json()["failed"] == sum(not result["ok"] for result in results)
    return [
        (result["status"], result["version"]) if result["ok"] else result["problem"]["type"]
        for result in results
    ]


async def ids_of(salon: Salon, *starts: Any, **fields: Any) -> list[str]:
    return [(await salon.created(start, **fields))["booking_id"] for start in starts]


async def overdue(salon: Salon, booking_id: str, clock: FixedClock) -> None:
    async with salon.uow.begin(salon.shop.org_id) as unit:
        booking = await unit.bookings.lock(BookingId(UUID(booking_id)))
        await unit.bookings.save(replace(booking, expires_at=clock.now(), version=2))


async def test_each_item_says_what_happened_in_the_order_asked(salon: Salon) -> None:
    visitor, sender = await salon.visitor(), await salon.shop.lead()
    sent = await salon.visitor(referral_code=sender["referral_code"])
    waiting = (await salon.created(TEN, team_id=NORTH, lead_id=visitor["lead_id"], confirm=False))[
        "booking_id"
    ]
    other = (await salon.created(TEN, team_id=SOUTH, lead_id=sent["lead_id"], confirm=False))["booking_id"]
    confirmed, gone = await ids_of(salon, TEN + 24 * HOUR, TEN + 48 * HOUR, team_id=NORTH)
    await salon.verb(gone, "cancel", reason_code="weather")
    unknown = str(uuid4())
    answer = await bulk(salon, [gone, waiting, unknown, confirmed, other], "confirm")
    assert told(answer) == [
        "booking_move_refused",
        ("CONFIRMED", 2),
        "not_found",
        ("CONFIRMED", 1),
        ("CONFIRMED", 2),
    ]
    results = answer.json()["results"]
    assert [result["booking_id"] for result in results] == [gone, waiting, unknown, confirmed, other]
    assert (results[0]["status"], results[0]["version"], results[2]["status"]) == ("CANCELLED", 2, None)
    assert results[2]["problem"]["errors"] == [{"field": "booking_id", "message": "does not exist"}]
    assert results[0]["problem"]["status"] == 409
    assert await salon.actions(confirmed) == ["booking_create"]
    for booking_id, lead in ((waiting, visitor), (other, sent)):
        mails = await salon.mails(booking_id)
        assert (mails["pending"]["outcome"], mails["confirmed"]["outcome"]) == ("withdrawn", None)
        assert await salon.lead_status(lead["lead_id"]) == "BOOKED"
        assert await salon.actions(booking_id) == ["booking_confirm", "booking_create"]
    credited = await salon.shop.staff("GET", f"/leads/{sender['lead_id']}")
    assert credited.json()["referral_credits"] == 1


async def test_a_bulk_is_as_its_single_verbs_one_after_the_other(salon: Salon) -> None:
    """The same rows, word for word, but for the ids."""
    visitors = [await salon.visitor(home={"beds": 2, "baths": 1}) for _ in range(4)]
    made = [
        (await salon.created(TEN + n * 24 * HOUR, team_id=NORTH, lead_id=v["lead_id"], worker_ids=[ANN]))[
            "booking_id"
        ]
        for n, v in enumerate(visitors)
    ]
    told_of: dict[str, tuple[Any, Any]] = {}
    for verb, fields in (
        ("unassign", {"worker_ids": [str(ANN)]}),
        ("assign", {"worker_ids": [str(BOB)]}),
        ("cancel", {"reason_code": "client_request", "by": "client", "note": "all of them"}),
    ):
        await salon.verb(made[0], verb, **fields)
        await salon.verb(made[1], verb, **fields)
        assert [
            item[1] for item in told(await bulk(salon, made[2:], verb, **fields)) if isinstance(item, tuple)
        ]
    for booking_id, visitor in zip(made, visitors, strict=True):
        booking = await salon.read(booking_id)
        told_of[booking_id] = (
            [await salon.actions(booking_id), booking["crew"], booking["cancellation"], booking["version"]],
            sorted(
                (key, mail["template"], mail["outcome"])
                for key, mail in (await salon.mails(booking_id)).items()
            ),
        )
        assert await salon.lead_status(visitor["lead_id"]) == "CONTACTED"
    assert len({repr(value) for value in told_of.values()}) == 1, told_of


async def test_who_comes_first_in_a_bulk_is_met_by_who_comes_after(salon: Salon) -> None:
    first, second = await ids_of(salon, TEN, TEN + HOUR, team_id=None)
    answer = await bulk(salon, [first, second], "assign", worker_ids=[str(ANN)])
    assert told(answer) == [("CONFIRMED", 2), "slot_taken"]
    problem = answer.json()["results"][1]["problem"]
    assert [conflict["reference"] for conflict in problem["conflicts"]] == [first]
    assert 1 <= len(problem["alternatives"]) <= 3
    free = await salon.verb(
        second, "reschedule", starts_at=problem["alternatives"][0]["starts_at"], worker_ids=[str(ANN)]
    )
    assert free.status_code == 200


async def test_teams_are_set_where_they_are_free(salon: Salon, clock: FixedClock) -> None:
    mine = await ids_of(salon, TEN, TEN + 24 * HOUR, TEN + 48 * HOUR, team_id=NORTH, worker_ids=[ANN])
    await salon.created(TEN + 25 * HOUR, team_id=SOUTH)
    hold = (await salon.created(TEN + 48 * HOUR, team_id=SOUTH, confirm=False))["booking_id"]
    await overdue(salon, hold, clock)
    answer = await bulk(salon, mine, "set_team", team_id=str(SOUTH))
    assert told(answer) == [("CONFIRMED", 2), "slot_taken", ("CONFIRMED", 2)]
    moved = await salon.read(mine[0])
    assert (moved["team_id"], moved["crew"][0]["name"], moved["starts_at"]) == (
        str(SOUTH),
        "Ann",
        "2026-03-11T14:00:00Z",
    )
    assert (await salon.read(hold))["cancel_reason"] == "expired"
    assert await salon.actions(mine[0]) == ["booking_create", "booking_reschedule"]
    written = await salon.ledger()
    again = await bulk(salon, [mine[0], mine[2]], "set_team", team_id=str(SOUTH))
    assert (told(again), await salon.ledger()) == ([("CONFIRMED", 2)] * 2, written)
    unknown = await bulk(salon, mine, "set_team", team_id=str(uuid4()))
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (404, "team_id")


async def test_a_hold_that_is_overdue_and_asked_about_is_met_where_it_is_by_then(
    salon: Salon, clock: FixedClock
) -> None:
    mine, hold = await ids_of(salon, TEN, TEN, team_id=None, confirm=False)
    await overdue(salon, hold, clock)
    team = (await salon.read(hold))["team_id"]
    answer = await bulk(salon, [mine, hold], "set_team", team_id=team)
    assert told(answer) == [("PENDING", 2), "booking_move_refused"]


async def test_a_hold_that_was_moved_and_is_overdue_gives_way_to_who_comes_after(
    salon: Salon, clock: FixedClock
) -> None:
    """With a longer buffer than before, the two no longer fit one after the other."""
    hold, visit = await ids_of(salon, TEN, TEN + 2.5 * HOUR, team_id=NORTH, confirm=False)
    await overdue(salon, hold, clock)
    async with salon.uow.begin(salon.shop.org_id) as unit:
        profile = await unit.org.lock()
        await unit.org.save(profile.edited(clock.now(), travel_buffer_minutes=60))
    answer = await bulk(salon, [hold, visit], "set_team", team_id=str(SOUTH))
    assert told(answer) == [("PENDING", 3), ("PENDING", 2)]
    gone = await salon.read(hold)
    assert (gone["team_id"], gone["cancel_reason"], gone["version"]) == (str(SOUTH), "expired", 4)


async def test_all_or_nothing(salon: Salon) -> None:
    first, second, third = await ids_of(salon, TEN, TEN + HOUR, TEN + 24 * HOUR, team_id=None)
    written = await salon.ledger()
    fields: dict[str, Any] = {"worker_ids": [str(ANN)], "atomic": True}
    refused = await bulk(salon, [first, second, third], "assign", **fields)
    assert (refused.status_code, refused.json()["type"]) == (409, "bulk_refused")
    results = refused.json()["results"]
    assert [(result["ok"], result["version"]) for result in results] == [(True, 1), (False, 1), (True, 1)]
    assert results[1]["problem"]["type"] == "slot_taken"
    assert results[1]["problem"]["alternatives"]
    assert await salon.ledger() == written
    assert told(await bulk(salon, [first, third], "assign", **fields)) == [("CONFIRMED", 2)] * 2


async def test_a_key_is_wanted_and_its_answer_kept(salon: Salon) -> None:
    ids = await ids_of(salon, TEN, TEN + 24 * HOUR, team_id=NORTH)
    body = {"booking_ids": ids, "action": "cancel", "reason_code": "weather"}
    refused = await salon.shop.staff("POST", "/bookings/bulk", json=body)
    assert (refused.status_code, refused.json()["type"]) == (400, "idempotency_key_required")
    first = await bulk(salon, ids, "cancel", reason_code="weather", key="k")
    written = await salon.ledger()
    again = await bulk(salon, ids, "cancel", reason_code="weather", key="k")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert await salon.ledger() == written
    other = await bulk(salon, ids, "confirm", key="k")
    assert other.json()["type"] == "idempotency_key_reused"


async def test_a_reminder_leaves_once_for_each_date_of_a_visit(salon: Salon) -> None:
    visitor = await salon.visitor()
    made = (await salon.created(TEN, team_id=NORTH, lead_id=visitor["lead_id"]))["booking_id"]
    waiting = (await salon.created(TEN, team_id=SOUTH, confirm=False))["booking_id"]
    begun = (await salon.created("2026-03-01T10:00:00-05:00", team_id=NORTH))["booking_id"]
    answer = await bulk(salon, [made, waiting, begun], "remind")
    assert told(answer) == [("CONFIRMED", 1), "booking_move_refused", "booking_move_refused"]
    mails = await salon.mails(made)
    assert mails["reminder:2026-03-11"]["template"] == "booking_reminder_24h"
    written = await salon.ledger()
    assert told(await bulk(salon, [made], "remind")) == [("CONFIRMED", 1)]
    assert await salon.ledger() == written
    await salon.verb(made, "reschedule", starts_at=(TEN + 24 * HOUR).isoformat())
    assert (await salon.mails(made))["reminder:2026-03-11"]["outcome"] == "withdrawn"


@pytest.mark.parametrize(
    ("action", "fields", "at_fault"),
    [
        ("paint", {}, ["action"]),
        ("cancel", {}, ["reason_code"]),
        ("assign", {"worker_ids": []}, ["worker_ids"]),
        ("set_team", {"team_id": "x", "reason_code": "weather"}, ["team_id", "reason_code"]),
        ("remind", {"notify": True}, ["notify"]),
        ("confirm", {"waive_deposit_reason": ""}, ["waive_deposit_reason"]),
    ],
)
async def test_a_deed_has_the_fields_of_its_verb(
    salon: Salon, action: str, fields: dict[str, Any], at_fault: list[str]
) -> None:
    answer = await bulk(salon, [str(uuid4())], action, **fields)
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == at_fault


async def test_ids_are_one_to_a_hundred_and_distinct(salon: Salon) -> None:
    one = str(uuid4())
    for ids, field in (
        ([], "booking_ids"),
        ([str(uuid4())] * 101, "booking_ids"),
        ([one, one], "booking_ids/1"),
    ):
        answer = await bulk(salon, ids, "remind")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_only_administrators_waive_deposits(salon: Salon) -> None:
    (waiting,) = await ids_of(salon, TEN, team_id=NORTH, confirm=False)
    body: dict[str, Any] = {"kind": "deposit_required", "value": True, "reason": "New"}
    assert (await salon.verb(waiting, "override", "admin", **body)).status_code == 200
    assert told(await bulk(salon, [waiting], "confirm")) == ["deposit_unpaid"]
    refused = await bulk(salon, [waiting], "confirm", waive_deposit_reason="Knows us")
    assert refused.status_code == 403
    waived = await bulk(salon, [waiting], "confirm", "admin", waive_deposit_reason="Knows us")
    assert told(waived) == [("CONFIRMED", 3)]
    assert "Knows us" in [row[4] for row in (await salon.ledger())["audit"] if row[0] == "booking_confirm"]


async def test_work_that_is_under_way_is_left_alone(salon: Salon, clock: FixedClock) -> None:
    working, resting = await ids_of(salon, TEN, TEN + 24 * HOUR, team_id=NORTH, worker_ids=[ANN])
    clock.advance(days=9)
    headers = {"authorization": f"Bearer {salon.shop.org_id}:dispatcher"}
    path = f"/v1/orders/{working}/time/start"
    started = await salon.shop.client.post(path, json={"worker_id": str(ANN)}, headers=headers)
    assert started.status_code == 200, started.text
    for action, fields in (
        ("set_team", {"team_id": str(SOUTH)}),
        ("unassign", {"worker_ids": [str(ANN)]}),
        ("assign", {"worker_ids": [str(BOB)], "replace": True}),
        ("cancel", {"reason_code": "weather"}),
    ):
        found = told(await bulk(salon, [working, resting], action, **fields))
        assert (found[0], isinstance(found[1], tuple)) == ("work_in_progress", True)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("confirm", {}),
        ("assign", {"worker_ids": [str(ANN)]}),
        ("set_team", {"team_id": str(SOUTH)}),
        ("remind", {}),
        ("cancel", {"reason_code": "weather"}),
    ],
)
async def test_many_cost_no_more_statements_than_few(
    salon: Salon, action: str, fields: dict[str, Any]
) -> None:
    if not isinstance(salon.uow, PostgresUnitOfWork):
        return  # only a database is asked in statements
    waits = action == "confirm"
    asked = []
    for days in (range(2), range(2, 12)):
        lead_id = (await salon.visitor())["lead_id"]
        starts = [TEN + day * 24 * HOUR for day in days]
        some = await ids_of(salon, *starts, team_id=NORTH, lead_id=lead_id, confirm=not waits)
        with statements(salon.uow) as counted:
            assert len(told(await bulk(salon, some, action, **fields))) == len(some)
        asked.append(len(counted))
    assert asked[0] == asked[1]


@contextmanager
def statements(uow: PostgresUnitOfWork) -> Iterator[list[str]]:
    """What is asked of the database through SQLAlchemy; many rows written at once count once."""
    found: list[str] = []

    def note(*happened: Any) -> None:
        found.append(happened[2])

    event.listen(uow.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(uow.engine.sync_engine, "before_cursor_execute", note)
