"""Dead letters over HTTP (delivery page, §4): seen by admins, replayed one by one or many at a time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import anyio
import pytest

from application.delivery.rules import Channels
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.carrier import Receipt
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_suppressions import a_suppression, add
from tests.support.clock import FixedClock
from tests.support.delivery import World, accept, refuse
from tests.support.outgoing import audited
from tests.support.shop import Shop, open_shop
from tests.support.unsubscribing import LINKS

DEAD, DLQ = "/outbox/dead-letter", "/queue/dlq"
COUNTS = {
    "status": "done",
    "selected": 0,
    "replayed": 0,
    "not_replayable": 0,
    "delivered": 0,
    "retry": 0,
    "dead": 0,
    "remaining_dead": 0,
    "dry_run": False,
    "event_ids": [],
}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def post_office(uow: UnitOfWork, clock: FixedClock, world: World) -> AsyncIterator[Shop]:
    channels = Channels({"email": world, "webhook": world})
    async with open_shop(uow, clock, given={Channels: channels, UnsubscribeLinks: LINKS}) as shop:
        yield shop


async def ask(shop: Shop, method: str, path: str, **parts: Any) -> Any:
    return await shop.staff(method, path, role="admin", **parts)


async def replay(shop: Shop, event_id: EventId, key: str | None = None) -> Any:
    headers = {"idempotency-key": key or uuid4().hex}
    return await ask(shop, "POST", f"/outbox/{event_id}/replay", headers=headers)


async def test_a_dead_message_is_listed_without_who_it_was_for(
    post_office: Shop, clock: FixedClock, world: World
) -> None:
    (event_id,) = await fail(post_office.uow, clock, post_office.org_id, "booking:1:confirmed")
    answer = await ask(post_office, "GET", DEAD)
    body = answer.json()
    assert (body["total"], body["limit"], body["offset"]) == (1, 50, 0)
    (item,) = body["items"]
    href = f"/v1/admin/outbox/{event_id}"
    assert item == {
        "event_id": str(event_id),
        "kind": "email",
        "event_type": "lead.created",
        "status": "dead",
        "attempts": 0,
        "total_attempts": 0,
        "last_error": "timeout",
        "next_attempt_at": None,
        "created_at": item["dead_at"],
        "dead_at": item["dead_at"],
        "dedupe_key": "booking:1:confirmed",
        "resource_type": None,
        "resource_id": None,
        "replay_count": 0,
        "replayable": True,
        "payload_summary": "lead.created to j***@example.com",
        "actions": [
            {"rel": "show", "method": "GET", "href": href},
            {"rel": "replay", "method": "POST", "href": f"{href}/replay"},
        ],
    }
    queue = await ask(post_office, "GET", DLQ)
    assert queue.json()["items"] == [
        {
            **{
                name: value
                for name, value in item.items()
                if name not in {"total_attempts", "next_attempt_at", "dedupe_key"}
            },
            "kind": "outbox",
            "channel": "email",
            "org_id": str(post_office.org_id),
        }
    ]
    assert "jane@" not in answer.text + queue.text
    shown = (await ask(post_office, "GET", f"/outbox/{event_id}")).json()
    assert [action["rel"] for action in shown["actions"]] == ["show", "replay"]
    by_viewer = (await post_office.staff("GET", f"/outbox/{event_id}", role="viewer")).json()
    assert [action["rel"] for action in by_viewer["actions"]] == ["show"]


async def test_a_replayed_message_is_due_again_and_delivered_under_its_first_id(
    post_office: Shop, clock: FixedClock, world: World
) -> None:
    org_id = post_office.org_id
    (event_id,) = await fail(post_office.uow, clock, org_id, "k")
    answer = await replay(post_office, event_id, "one-key")
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/admin/outbox/{event_id}"
    body = answer.json()
    assert body.pop("next_attempt_at") is not None
    assert body == {
        "event_id": str(event_id),
        "status": "pending",
        "deduplicated": False,
        "status_url": f"/v1/admin/outbox/{event_id}",
        "attempts": 0,
        "last_error": None,
        "replay_count": 1,
    }
    again = await replay(post_office, event_id, "one-key")
    assert (again.json()["replay_count"], again.headers["idempotency-replayed"]) == (1, "true")
    alive = await replay(post_office, event_id)
    assert (alive.status_code, alive.json()["type"]) == (409, "outbox_not_dead")
    counts = await ask(post_office, "POST", DEAD)
    assert (counts.status_code, counts.json()) == (202, {**COUNTS, "delivered": 1})
    assert world.arrived == [event_id]
    rows = await audited(post_office.uow, org_id)
    assert [(row["action"], row["resource_id"], row["after"]) for row in rows] == [
        ("outbox_replay", event_id, {"status": "pending", "replay_count": 1})
    ]
    async with post_office.uow.begin(org_id) as unit:
        email = await unit.emails.find(event_id)
        view = await unit.outbox_views.get(event_id)
    assert email is not None
    assert (view.replay_count, view.last_replayed_by is not None) == (1, True)


@pytest.mark.parametrize("code", ["expired", "erased"])
async def test_what_is_pointless_is_not_replayed(post_office: Shop, clock: FixedClock, code: str) -> None:
    (event_id,) = await fail(post_office.uow, clock, post_office.org_id, "k", code=code)
    answer = await replay(post_office, event_id)
    assert (answer.status_code, answer.json()["type"]) == (409, "outbox_not_replayable")
    (item,) = (await ask(post_office, "GET", DEAD)).json()["items"]
    assert not item["replayable"]
    assert [action["rel"] for action in item["actions"]] == ["show"]
    counts = (await ask(post_office, "POST", DEAD, json={"event_ids": [str(event_id)]})).json()
    assert counts == {**COUNTS, "selected": 1, "not_replayable": 1, "remaining_dead": 1}
    assert await audited(post_office.uow, post_office.org_id) == []


async def test_a_wiped_secret_cannot_be_sent_again(post_office: Shop, clock: FixedClock) -> None:
    message = Message(
        kind="email",
        event_type="password_reset_link",
        dedupe_key="link:1",
        payload={"to": "jane@example.com"},
        secret_sealed=b"sealed",
    )
    async with post_office.uow.begin(post_office.org_id) as unit:
        event_id = await unit.outbox.add(message)
        (event,) = (await unit.outbox_queue.lock([event_id])).values()
        await unit.outbox_queue.save([event.die("smtp_554", clock.now())])
    answer = await replay(post_office, event_id)
    assert (answer.status_code, answer.json()["type"]) == (409, "outbox_not_replayable")


async def test_a_replay_needs_a_key_and_an_own_message(
    post_office: Shop, clock: FixedClock, rival: Any
) -> None:
    (theirs,) = await fail(post_office.uow, clock, rival, "k")
    answer = await replay(post_office, theirs)
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    keyless = await ask(post_office, "POST", f"/outbox/{theirs}/replay")
    assert (keyless.status_code, keyless.json()["type"]) == (400, "idempotency_key_required")
    picked = await ask(post_office, "POST", DEAD, json={"event_ids": [str(theirs)]})
    assert picked.json() == COUNTS


async def test_a_selection_is_replayed_and_what_is_due_delivered(
    post_office: Shop, clock: FixedClock, world: World
) -> None:
    uow, org_id = post_office.uow, post_office.org_id
    world.deeds["again"] = refuse("timeout")
    dead = await fail(uow, clock, org_id, "a", "again", code="status_500")
    (other,) = await fail(uow, clock, org_id, "other")
    wanted = {"last_error": "status_500", "kind": "email"}
    dry = (await ask(post_office, "POST", DEAD, json={**wanted, "dry_run": True})).json()
    in_order = [str(event_id) for event_id in sorted(dead)]
    assert dry == {**COUNTS, "selected": 2, "remaining_dead": 3, "dry_run": True, "event_ids": in_order}
    assert world.arrived == []
    counts = (await ask(post_office, "POST", DEAD, json=wanted)).json()
    assert counts == {
        **COUNTS,
        "selected": 2,
        "replayed": 2,
        "delivered": 1,
        "retry": 1,
        "remaining_dead": 1,
        "event_ids": in_order,
    }
    rows = await audited(uow, org_id)
    assert [(row["action"], row["after"]) for row in rows] == [
        ("outbox_bulk_replay", {"replayed": 2, "event_ids": in_order})
    ]
    (left,) = (await ask(post_office, "GET", DEAD)).json()["items"]
    assert left["event_id"] == str(other)


async def test_nobody_else_s_messages_are_delivered_by_a_company_s_call(
    post_office: Shop, rival: Any, world: World
) -> None:
    async with post_office.uow.begin(rival) as unit:
        await unit.outbox.add(Message(kind="email", event_type="x", dedupe_key="k", payload={"to": "a@b.c"}))
    assert (await ask(post_office, "POST", DEAD, json={})).json() == COUNTS
    assert world.arrived == []


async def test_two_selections_at_once_replay_and_deliver_each_message_once(
    post_office: Shop, clock: FixedClock, world: World
) -> None:
    dead = await fail(post_office.uow, clock, post_office.org_id, *(f"k{n}" for n in range(30)))
    answers: list[Any] = []

    async def one() -> None:
        answers.append((await ask(post_office, "POST", DEAD, json={"kind": "email", "limit": 20})).json())

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(one)
    assert sum(answer["replayed"] for answer in answers) == len(dead)
    assert sorted(event_id for answer in answers for event_id in answer["event_ids"]) == sorted(
        map(str, dead)
    )
    assert sorted(world.arrived) == sorted(dead)


async def test_a_key_is_taken_from_the_start_to_the_end_of_the_deliveries(
    post_office: Shop, clock: FixedClock, world: World
) -> None:
    """Whoever is first gets the answer to what it did, and a twin does nothing."""
    first, second = await fail(post_office.uow, clock, post_office.org_id, "first", "second")
    answers, under_way, landing = list[Any](), anyio.Event(), anyio.Event()

    async def on_its_way(event: OutboxEvent) -> Receipt:
        under_way.set()
        await landing.wait()
        return await accept(event)

    async def pick(event_id: EventId) -> Any:
        body, headers = {"event_ids": [str(event_id)]}, {"idempotency-key": "one-key"}
        return await ask(post_office, "POST", DEAD, json=body, headers=headers)

    async def pick_the_first() -> None:
        answers.append(await pick(first))

    world.deeds["first"] = on_its_way
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pick_the_first)
        with anyio.fail_after(5):
            await under_way.wait()
        twin, other = await pick(first), await pick(second)
        landing.set()
    assert (twin.status_code, twin.json()["type"]) == (409, "idempotency_in_progress")
    assert (other.status_code, other.json()["type"]) == (422, "idempotency_key_reused")
    done = {**COUNTS, "selected": 1, "replayed": 1, "delivered": 1, "remaining_dead": 1}
    assert answers[0].json() == {**done, "event_ids": [str(first)]}
    again = await pick(first)
    assert (again.json(), again.headers["idempotency-replayed"]) == (answers[0].json(), "true")
    assert world.arrived == [first]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limit": 5}, "event_ids"),
        ({"dry_run": True}, "event_ids"),
        ({"event_ids": []}, "event_ids"),
        ({"event_ids": ["019a0000-0000-7000-8000-000000000000"], "kind": "email"}, "event_ids"),
        ({"kind": "email", "limit": 501}, "limit"),
        ({"kind": "pigeon"}, "kind"),
        ({"dead_from": "2026-01-01T00:00:00"}, "dead_from"),
        ({"mode": "webhook"}, "mode"),
    ],
)
async def test_an_unsound_selection_is_refused(memory_shop: Shop, body: Any, field: str) -> None:
    answer = await ask(memory_shop, "POST", DEAD, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (DLQ, {"limit": 101}),
        (DLQ, {"offset": 10_001}),
        (DLQ, {"offset": -1}),
        (DLQ, {"kind": "email"}),
        (DEAD, {"kind": "pigeon"}),
        (DEAD, {"limit": 0}),
        (DEAD, {"cursor": "x"}),
    ],
)
async def test_malformed_queries_are_refused(memory_shop: Shop, path: str, query: Any) -> None:
    answer = await ask(memory_shop, "GET", path, params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(query)))


async def test_the_queue_counts_both_halves_and_pages_through_them(
    post_office: Shop, clock: FixedClock
) -> None:
    uow, org_id = post_office.uow, post_office.org_id
    mails = await fail(uow, clock, org_id, "a", "b")
    exports = await fail(uow, clock, org_id, "c", kind="export")
    seen = []
    for offset in range(3):
        body = (await ask(post_office, "GET", DLQ, params={"limit": 1, "offset": offset})).json()
        counts = {name: body[name] for name in ("total", "outbox_dead_count", "export_dead_count")}
        assert counts == {"total": 3, "outbox_dead_count": 2, "export_dead_count": 1}
        seen += [(item["kind"], item["event_id"]) for item in body["items"]]
    assert seen == [*(("export", str(e)) for e in exports), *(("outbox", str(e)) for e in sorted(mails))]
    half = (await ask(post_office, "GET", DLQ, params={"kind": "export"})).json()
    assert (half["total"], len(half["items"])) == (1, 1)


async def test_a_mail_to_a_suppressed_address_is_not_replayed(
    post_office: Shop, clock: FixedClock, world: World
) -> None:
    uow, org_id = post_office.uow, post_office.org_id
    (event_id,) = await fail(uow, clock, org_id, "k")
    await add(uow, org_id, a_suppression("JANE@example.com"))
    refused = await replay(post_office, event_id)
    assert (refused.status_code, refused.json()["type"]) == (409, "outbox_not_replayable")
    counts = (await ask(post_office, "POST", DEAD, json={"event_ids": [str(event_id)]})).json()
    assert (counts["replayed"], counts["not_replayable"]) == (0, 1)
    assert world.arrived == []


@pytest.mark.parametrize("known_by", ["address", "hash"])
async def test_what_would_not_be_replayed_is_not_offered(
    post_office: Shop, clock: FixedClock, known_by: str
) -> None:
    """Wherever a dead mail is shown; the neighbours' links stay."""
    uow, org_id = post_office.uow, post_office.org_id
    (held,) = await fail(uow, clock, org_id, "k")
    (free,) = await fail(uow, clock, org_id, "l", payload={"to": "bo@example.com"})
    suppression = a_suppression("JANE@example.com")
    if known_by == "hash":
        address_hash = LINKS.hashes(org_id, "jane@example.com")[-1]
        suppression = replace(suppression, recipient=None, address_hash=address_hash)
    await add(uow, org_id, suppression)
    expected = {str(held): False, str(free): True}
    for path in (DEAD, DLQ, "/outbox"):
        items = (await ask(post_office, "GET", path)).json()["items"]
        assert {item["event_id"]: has_replay(item) for item in items} == expected, path
        if path != "/outbox":
            assert {item["event_id"]: item["replayable"] for item in items} == expected, path
    for event_id, offered in expected.items():
        assert has_replay((await ask(post_office, "GET", f"/outbox/{event_id}")).json()) == offered


def has_replay(item: dict[str, Any]) -> bool:
    return "replay" in {link["rel"] for link in item["actions"]}
