"""What can be done with a booking over HTTP, on both databases: what is written, who is told."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.shared.ids import EventId
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")  # nine days ahead
HOUR = timedelta(hours=1)


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


async def test_a_crew_is_not_told_of_a_visit_that_was_cancelled_meanwhile(salon: Salon) -> None:
    made = await salon.created(TEN)
    await salon.verb(made["booking_id"], "assign", worker_ids=[str(ANN)])
    assert (await salon.mails(made["booking_id"]))[f"crew:{ANN}:2"]["outcome"] is None
    await salon.verb(made["booking_id"], "cancel", reason_code="weather")
    assert (await salon.mails(made["booking_id"]))[f"crew:{ANN}:2"]["outcome"] == "withdrawn"


async def test_nobody_is_told_of_a_quiet_cancellation(salon: Salon) -> None:
    booking_id = (await salon.book(await salon.visitor(), TEN)).json()["booking_id"]
    await salon.verb(booking_id, "cancel", reason_code="duplicate", notify=False)
    assert "cancelled" not in await salon.mails(booking_id)


@pytest.mark.parametrize(
    ("verb", "body"),
    [("cancel", {"reason_code": "weather"}), ("reschedule", {"starts_at": (TEN + HOUR).isoformat()})],
)
async def test_what_is_true_no_more_does_not_leave(
    salon: Salon, clock: FixedClock, verb: str, body: dict[str, Any]
) -> None:
    """Not now, and not by a replay of what could not be delivered while it was true."""
    confirmed = [await _confirmed(salon, TEN), await _confirmed(salon, TEN + 5 * HOUR)]
    dead = [await _lose(salon, clock, booking_id, "booking_confirmed") for booking_id in confirmed]
    unsent = await _confirmed(salon, TEN + timedelta(days=1))
    for booking_id, later in ((confirmed[0], 0), (unsent, 1)):
        moved = {
            name: (TEN + timedelta(days=later) + HOUR).isoformat() for name in body if name == "starts_at"
        }
        assert (await salon.verb(booking_id, verb, **{**body, **moved})).status_code == 200
    assert (await salon.mails(unsent))["confirmed"]["outcome"] == "withdrawn"
    listed = await salon.get("/outbox/dead-letter", role="admin")
    assert {i["event_id"]: i["replayable"] for i in listed.json()["items"]} == {dead[0]: False, dead[1]: True}
    for event_id, status in zip(dead, (409, 202), strict=True):
        headers = {"idempotency-key": event_id}
        answer = await salon.shop.staff("POST", f"/outbox/{event_id}/replay", role="admin", headers=headers)
        assert answer.status_code == status, answer.text


async def _confirmed(salon: Salon, starts_at: datetime) -> str:
    booking_id: str = (await salon.book(await salon.visitor(), starts_at)).json()["booking_id"]
    assert (await salon.verb(booking_id, "confirm")).status_code == 200
    return booking_id


async def _lose(salon: Salon, clock: FixedClock, booking_id: str, template: str) -> str:
    """That mail of the booking dies."""
    query = {"booking_id": booking_id, "email_type": template}
    (mail,) = (await salon.get("/messaging/events", **query)).json()["items"]
    async with salon.uow.begin(salon.shop.org_id) as unit:
        (event,) = (await unit.outbox_queue.lock([EventId(UUID(mail["event_id"]))])).values()
        await unit.outbox_queue.save([event.die("timeout", clock.now())])
    return str(event.id)


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
    outcomes = {key: mail["outcome"] for key, mail in mails.items() if key.startswith("crew:")}
    assert outcomes == {f"crew:{ANN}:2": "withdrawn", f"crew:{BOB}:2": None, f"crew:{ANN}:3": None}
    nobody = await salon.verb(booking_id, "unassign", worker_ids=[ANN, BOB], replace=False)
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


async def test_who_cannot_come_is_told_by_the_buffer_that_the_booking_keeps(
    salon: Salon, clock: FixedClock
) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    async with salon.uow.begin(salon.shop.org_id) as unit:
        profile = await unit.org.lock()
        await unit.org.save(profile.edited(clock.now(), travel_buffer_minutes=0))
    body = {"starts_at": TEN.isoformat(), "ends_at": (TEN + HOUR).isoformat(), "keep_bookings": True}
    assert (await salon.shop.staff("POST", "/blackouts", json=body)).status_code == 201
    later = await salon.created(TEN + 2.25 * HOUR, team_id=SOUTH, worker_ids=[BOB])
    refused = await salon.verb(made["booking_id"], "assign", worker_ids=[BOB])
    assert (refused.status_code, refused.json()["type"]) == (409, "slot_taken")
    assert [conflict["reference"] for conflict in refused.json()["conflicts"]] == [later["booking_id"]]


async def test_a_kept_blackout_does_not_stop_assigning(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    body = {"starts_at": TEN.isoformat(), "ends_at": (TEN + HOUR).isoformat(), "keep_bookings": True}
    assert (await salon.shop.staff("POST", "/blackouts", json=body)).status_code == 201
    assert (await salon.verb(made["booking_id"], "assign", worker_ids=[ANN])).status_code == 200
    time_off = {**body, "worker_id": str(BOB)}
    assert (await salon.shop.staff("POST", "/blackouts", json=time_off)).status_code == 201
    refused = await salon.verb(made["booking_id"], "assign", worker_ids=[BOB])
    assert (refused.status_code, refused.json()["type"]) == (409, "slot_taken")


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
