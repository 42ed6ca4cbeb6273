"""GET /v1/admin/outbox: what left, what waits and what could not leave."""

from typing import Any

import pytest

from application.ports.outbox import Message
from domain.delivery.attempt import AttemptOutcome
from domain.delivery.faults import Fault
from domain.delivery.retry_policy import RetryPolicy
from domain.shared.ids import EventId
from tests.support.messages import a_lease
from tests.support.shop import Shop

FIELDS = {
    "event_id", "kind", "event_type", "dedupe_key", "resource_type", "resource_id", "status", "outcome",
    "attempts", "total_attempts", "next_attempt_at", "expires_at", "last_error", "created_at", "sent_at",
    "dead_at", "replay_count", "last_replayed_at", "last_replayed_by", "request_id", "traceparent",
    "max_attempts", "recipient", "target_host", "actions",
}  # fmt: skip


async def a_mail(shop: Shop, clock: Any, key: str = "booking:1:confirmed") -> EventId:
    """Tried once in vain."""
    message = Message(
        kind="email",
        event_type="booking_confirmed",
        dedupe_key=key,
        payload={"to": "jane@example.com", "name": "Jane Secretive"},
        secret_sealed=b"sealed",
    )
    async with shop.uow.begin(shop.org_id) as unit:
        event_id = await unit.outbox.add(message, request_id="req-12345678")
        taken = (await unit.outbox_queue.get(event_id)).claim(a_lease(clock))
        fault = Fault(code="smtp_451", permanent=False)
        attempt = taken.attempt(AttemptOutcome.FAILED, finished_at=clock.now(), error=fault.code)
        await unit.outbox_queue.record([attempt])
        await unit.outbox_queue.save([taken.fail(fault, clock.now(), RetryPolicy(), 0)])
    return event_id


async def test_a_message_tells_all_but_its_content(memory_shop: Shop, clock: Any) -> None:
    event_id = await a_mail(memory_shop, clock)
    answer = await memory_shop.staff("GET", f"/outbox/{event_id}")
    body = answer.json()
    assert set(body) == FIELDS | {"attempt_log"}
    expected = {
        "event_id": str(event_id),
        "kind": "email",
        "status": "retry",
        "attempts": 1,
        "max_attempts": 5,
        "last_error": "smtp_451",
        "recipient": "jane@example.com",
        "target_host": None,
        "request_id": "req-12345678",
    }
    assert {name: body[name] for name in expected} == expected
    (attempt,) = body["attempt_log"]
    assert (attempt["attempt"], attempt["outcome"], attempt["error"], attempt["runner"]) == (
        1,
        "failed",
        "smtp_451",
        "a",
    )
    assert "Secretive" not in answer.text
    for action in body["actions"]:
        followed = await memory_shop.client.request(
            action["method"],
            action["href"],
            headers={"authorization": f"Bearer {memory_shop.org_id}:dispatcher"},
        )
        assert followed.status_code == 200
    viewed = await memory_shop.staff("GET", f"/outbox/{event_id}", role="viewer")
    assert viewed.json()["recipient"] == "j***@example.com"
    assert "jane@" not in viewed.text


async def test_the_list_has_no_log_and_goes_on_by_its_cursor(shop: Shop, clock: Any) -> None:
    mails = [str(await a_mail(shop, clock, key)) for key in ("a", "b")]
    first = (await shop.staff("GET", "/outbox", role="admin", params={"limit": 1})).json()
    rest = await shop.staff("GET", "/outbox", role="admin", params={"cursor": first["next_cursor"]})
    found = first["items"] + rest.json()["items"]
    assert {item["event_id"] for item in found} == set(mails)
    assert len(found) == len(mails)
    assert all(set(item) == FIELDS for item in found)
    assert rest.json()["next_cursor"] is None
    query = {"kind": "email", "status": "retry", "dedupe_key": "b"}
    picked = (await shop.staff("GET", "/outbox", role="admin", params=query)).json()["items"]
    assert [item["event_id"] for item in picked] == mails[1:]


@pytest.mark.parametrize(
    "query", [{"kind": "pigeon"}, {"status": "gone"}, {"limit": 201}, {"cursor": "x"}, {"resource_id": "1"}]
)
async def test_malformed_filters_are_refused(memory_shop: Shop, query: dict[str, Any]) -> None:
    answer = await memory_shop.staff("GET", "/outbox", role="admin", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(query)))
