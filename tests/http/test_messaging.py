"""The mails of an organisation over HTTP, on both databases."""

from uuid import uuid4

from domain.delivery.email_event import EmailEvent
from tests.support.clock import FixedClock
from tests.support.salon import TEN, Salon

PATH = "/messaging/events"


async def types(salon: Salon, **query: str) -> list[str]:
    answer = await salon.get(PATH, "dispatcher", **query)
    assert answer.status_code == 200, answer.text
    return [item["email_type"] for item in answer.json()["items"]]


async def test_mails_are_listed_newest_first_by_what_they_are_about(salon: Salon, clock: FixedClock) -> None:
    visitor = await salon.visitor()
    clock.advance(minutes=1)
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    clock.advance(minutes=1)
    await salon.verb(booking_id, "confirm")
    assert await types(salon) == ["booking_confirmed", "booking_pending", "request_received"]
    assert await types(salon, booking_id=booking_id) == ["booking_confirmed", "booking_pending"]
    assert await types(salon, lead_id=visitor["lead_id"]) == [
        "booking_confirmed",
        "booking_pending",
        "request_received",
    ]
    assert await types(salon, status="withdrawn") == ["booking_pending"]
    assert await types(salon, booking_id=booking_id, email_type="booking_confirmed") == ["booking_confirmed"]
    for nothing in ({"booking_id": str(uuid4())}, {"invoice_id": str(uuid4())}, {"email_type": "unheard"}):
        assert await types(salon, **nothing) == []
    assert (await salon.get(PATH, status="lost")).status_code == 422


async def test_a_mail_that_has_not_left_says_what_it_is_about(salon: Salon) -> None:
    booking_id = (await salon.book(await salon.visitor(), TEN)).json()["booking_id"]
    await salon.verb(booking_id, "confirm")
    items = (await salon.get(PATH, "dispatcher")).json()["items"]
    assert {
        (item["email_type"], item["status"], item["template_version"], item["subject"]) for item in items
    } == {
        ("booking_confirmed", "queued", 1, "Confirmed: Tue 3 Mar 2026, 10:00 EST – Acme Cleaning"),
        ("booking_pending", "withdrawn", 1, "Your booking request for Tue 3 Mar 2026 – Acme Cleaning"),
        ("request_received", "queued", 1, "We received your request – Acme Cleaning"),
    }


async def test_a_page_goes_on_where_the_last_ended(salon: Salon) -> None:
    for _ in range(3):  # all at one instant
        await salon.visitor()
    first = (await salon.get(PATH, limit="2")).json()
    rest = (await salon.get(PATH, limit="2", cursor=first["next_cursor"])).json()
    assert rest["next_cursor"] is None
    found = [item["recipient"] for item in first["items"] + rest["items"]]
    assert sorted(found) == [f"visitor{number}@example.com" for number in (1, 2, 3)]


async def test_an_item_holds_what_the_page_says_and_leads_to_its_message(salon: Salon) -> None:
    await salon.visitor()
    (item,) = (await salon.get(PATH)).json()["items"]
    assert set(item) == {*EmailEvent.__dataclass_fields__, "actions"}
    assert (item["recipient"], item["status"]) == ("visitor1@example.com", "queued")
    for role in ("viewer", "finance", "dispatcher", "admin"):
        seen = (await salon.get(PATH, role)).json()["items"][-1]
        for action in seen["actions"]:
            path, headers = action["href"].removeprefix("/v1/admin"), {"idempotency-key": role}
            answer = await salon.shop.staff(action["method"], path, role, headers=headers)
            assert answer.status_code == {"show": 200, "resend": 202}[action["rel"]]


async def test_a_viewer_sees_no_address(salon: Salon) -> None:
    await salon.visitor()
    answer = await salon.get(PATH, "viewer")
    assert answer.json()["items"][0]["recipient"] == "v***@example.com"
    assert "visitor1@" not in answer.text
    assert (await salon.get(PATH, "worker")).status_code == 403
