"""Mails sent anew over HTTP, on both databases."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.delivery.suppression import Reason, Scope
from domain.shared.ids import EventId
from tests.contracts.test_suppressions import a_suppression, add
from tests.support.clock import FixedClock
from tests.support.outgoing import audited, queued
from tests.support.salon import TEN, Salon

EVENTS = "/messaging/events"


async def mails(salon: Salon, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await salon.get(EVENTS, "dispatcher", **query)).json()["items"]
    return items


async def resend(salon: Salon, event_id: str, key: str = "", role: str = "dispatcher") -> httpx.Response:
    headers = {"idempotency-key": key or uuid4().hex}
    return await salon.shop.staff("POST", f"{EVENTS}/{event_id}/resend", role, headers=headers)


async def resend_last(salon: Salon, booking_id: str, key: str = "") -> httpx.Response:
    headers = {"idempotency-key": key or uuid4().hex}
    path = f"/bookings/{booking_id}/resend-last-email"
    return await salon.shop.staff("POST", path, "dispatcher", headers=headers)


async def confirmed(salon: Salon) -> tuple[dict[str, Any], str]:
    """A visitor, and their booking that the office confirmed."""
    visitor = await salon.visitor()
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    await salon.verb(booking_id, "confirm")
    return visitor, booking_id


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def test_a_mail_is_sent_anew_with_today_s_facts_to_today_s_address(
    salon: Salon, clock: FixedClock
) -> None:
    visitor, booking_id = await confirmed(salon)
    (mail,) = await mails(salon, email_type="booking_confirmed")
    change = {"email": "new@example.com", "name": "New Name"}
    assert (await salon.shop.staff("PATCH", f"/leads/{visitor['lead_id']}", json=change)).status_code == 200
    clock.advance(minutes=1)
    answer = await resend(salon, mail["event_id"])
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told == {
        "event_id": told["event_id"],
        "status": "pending",
        "deduplicated": False,
        "status_url": f"/v1/admin/outbox/{told['event_id']}",
        "email_type": "booking_confirmed",
        "recipient": "new@example.com",
        "resend_of": mail["event_id"],
    }
    assert answer.headers["location"] == told["status_url"]
    newest = (await mails(salon, booking_id=booking_id))[0]
    assert (newest["event_id"], newest["resend_of"]) == (told["event_id"], mail["event_id"])
    (payload,) = [
        payload
        for key, (_, payload) in (await queued(salon.uow, salon.shop.org_id)).items()
        if "resend" in key
    ]
    assert (payload["to"], payload["name"]) == ("new@example.com", "New Name")
    assert (await salon.shop.staff("GET", f"/outbox/{told['event_id']}", "dispatcher")).status_code == 200
    (row,) = [
        row
        for row in await audited(salon.uow, salon.shop.org_id)
        if row["action"] == "messaging_resend_email"
    ]
    assert row["after"]["resend_of"] == mail["event_id"]
    assert "example.com" not in str(row)


async def test_a_request_and_its_key_queue_one(salon: Salon) -> None:
    await salon.visitor()
    (mail,) = await mails(salon)
    first, again = [await resend(salon, mail["event_id"], "same") for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (await resend(salon, mail["event_id"], "other")).json()["event_id"] != first.json()["event_id"]
    assert len(await mails(salon)) == 3
    bare = await salon.shop.staff("POST", f"{EVENTS}/{mail['event_id']}/resend", "dispatcher")
    assert refusal(bare) == (400, "idempotency_key_required")


async def test_the_last_mail_of_a_visit(salon: Salon, clock: FixedClock) -> None:
    _, booking_id = await confirmed(salon)
    clock.advance(minutes=1)
    answer = await resend_last(salon, booking_id)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["booking_id"], told["email_type"]) == (booking_id, "booking_confirmed")
    actions = [row["action"] for row in await audited(salon.uow, salon.shop.org_id)]
    assert actions.count("booking_resend_email") == 1
    assert refusal(await resend_last(salon, str(uuid4()))) == (404, "not_found")


async def test_what_was_never_sent_to_a_client_is_not_resent(salon: Salon) -> None:
    made = await salon.created(TEN)
    assert refusal(await resend_last(salon, made["booking_id"])) == (409, "nothing_to_resend")
    assert refusal(await resend(salon, str(uuid4()))) == (404, "not_found")


async def test_staff_and_sealed_mails_are_not_resent(salon: Salon) -> None:
    from application.ports.outbox import Message

    for template in ("booking_crew", "invitation", "password_changed"):
        message = Message(
            kind="email", event_type=template, dedupe_key=template, payload={"to": "ann@example.com"}
        )
        async with salon.uow.begin(salon.shop.org_id) as unit:
            event_id: EventId = await unit.outbox.add(message)
        assert refusal(await resend(salon, str(event_id))) == (409, "nothing_to_resend")


async def test_what_is_no_longer_true_is_not_said_again(salon: Salon, clock: FixedClock) -> None:
    _, booking_id = await confirmed(salon)
    (confirmation,) = await mails(salon, email_type="booking_confirmed")
    (pending,) = await mails(salon, email_type="booking_pending")
    assert refusal(await resend(salon, pending["event_id"])) == (409, "message_outdated")
    clock.advance(days=2)
    assert refusal(await resend(salon, confirmation["event_id"])) == (409, "message_outdated")
    assert refusal(await resend_last(salon, booking_id)) == (409, "message_outdated")


async def test_a_resent_mail_goes_with_what_it_said(salon: Salon) -> None:
    _, booking_id = await confirmed(salon)
    (mail,) = await mails(salon, email_type="booking_confirmed")
    resent = (await resend(salon, mail["event_id"])).json()["event_id"]
    await salon.verb(booking_id, "cancel", reason_code="weather")
    withdrawn = {item["event_id"] for item in await mails(salon, status="withdrawn")}
    assert {resent, mail["event_id"]} <= withdrawn
    assert refusal(await resend(salon, mail["event_id"])) == (409, "message_outdated")


async def test_a_client_without_an_address_or_who_wants_no_mail(salon: Salon) -> None:
    visitor, _ = await confirmed(salon)
    (mail,) = await mails(salon, email_type="booking_confirmed")
    made = a_suppression("visitor1@example.com", Scope.ALL, Reason.COMPLAINT)
    await add(salon.uow, salon.shop.org_id, made)
    answer = await resend(salon, mail["event_id"])
    assert refusal(answer) == (409, "recipient_suppressed")
    assert "complaint" in answer.json()["detail"]
    await salon.shop.staff("PATCH", f"/leads/{visitor['lead_id']}", json={"email": None})
    assert refusal(await resend(salon, mail["event_id"])) == (409, "recipient_missing")


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("finance", False), ("dispatcher", True)])
async def test_the_way_there_is_shown_to_those_who_may(salon: Salon, role: str, *, may: bool) -> None:
    await salon.visitor()
    (item,) = (await salon.get(EVENTS, role)).json()["items"]
    hrefs = [action["href"] for action in item["actions"] if action["rel"] == "resend"]
    assert bool(hrefs) == may
    answer = await resend(salon, item["event_id"], role=role)
    assert answer.status_code == (202 if may else 403)
    if hrefs:
        assert hrefs == [f"/v1/admin{EVENTS}/{item['event_id']}/resend"]
