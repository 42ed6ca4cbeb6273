"""Dead exports over HTTP (delivery page, §4)."""

import dataclasses
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import anyio
import pytest

from application.delivery.rules import Channels
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.export_event import ExportStatus
from domain.shared.ids import EventId
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_export_events import stored
from tests.http.test_dead_letters import COUNTS, DEAD, DLQ, ask
from tests.support.clock import FixedClock
from tests.support.delivery import World
from tests.support.outgoing import audited
from tests.support.shop import Shop, open_shop

EXPORTS = "/export-dead-letter"
SECRET_PATH = "T0P-SECRET-PATH"
LEAD: dict[str, object] = {
    "org_slug": "acme",
    "data": {"name": "Jane Secretive", "email": "jane@example.com"},
}


@pytest.fixture
def world() -> World:
    return World()


def environ(url: str | None = f"https://hooks.example.com/{SECRET_PATH}") -> dict[str, str]:
    return {} if url is None else {"EXPORT_MODE": "webhook", "EXPORT_WEBHOOK_URL": url}


@pytest.fixture
async def exporter(uow: UnitOfWork, clock: FixedClock, world: World) -> AsyncIterator[Shop]:
    channels = Channels({"email": world, "export": world})
    async with open_shop(uow, clock, environ=environ(), given={Channels: channels}) as shop:
        yield shop


async def dead_exports(shop: Shop, clock: FixedClock, *keys: str, **how: Any) -> list[EventId]:
    given: dict[str, Any] = {"kind": "export", "payload": LEAD, **how}
    return await fail(shop.uow, clock, shop.org_id, *keys, **given)


async def replay(shop: Shop, event_id: object, key: str | None = None) -> Any:
    headers = {"idempotency-key": key or uuid4().hex}
    return await ask(shop, "POST", f"{EXPORTS}/{event_id}/replay", headers=headers)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def test_dead_exports_are_listed_without_what_they_say(exporter: Shop, clock: FixedClock) -> None:
    (event_id,) = await dead_exports(exporter, clock, "lead:1:export")
    await fail(exporter.uow, clock, exporter.org_id, "a mail")
    answer = await ask(exporter, "GET", EXPORTS)
    body = answer.json()
    assert (body["total"], body["limit"], body["offset"]) == (1, 50, 0)
    (item,) = body["items"]
    href = f"/v1/admin/export-dead-letter/{event_id}"
    actions = [
        {"rel": "show", "method": "GET", "href": href},
        {"rel": "replay", "method": "POST", "href": f"{href}/replay"},
    ]
    assert item == {
        "event_id": str(event_id),
        "outbox_event_id": str(event_id),
        "lead_id": None,
        "mode": "webhook",
        "event_type": "lead.created",
        "status": "dead",
        "target_url_host": "hooks.example.com",
        "attempts": 0,
        "last_error_code": "timeout",
        "created_at": item["dead_at"],
        "dead_at": item["dead_at"],
        "replay_count": 0,
        "last_replayed_at": None,
        "last_replayed_by": None,
        "payload_summary": "lead.created to hooks.example.com",
        "actions": actions,
    }
    queue = (await ask(exporter, "GET", "/queue/dlq", params={"kind": "export"})).json()
    (letter,) = queue["items"]
    assert (letter["kind"], letter["channel"], letter["actions"]) == ("export", "export", actions)
    assert letter["payload_summary"] == "lead.created to hooks.example.com"
    assert "Secretive" not in answer.text + str(queue)
    assert SECRET_PATH not in answer.text + str(queue)
    none = (await ask(exporter, "GET", EXPORTS, params={"mode": "sheets"})).json()
    assert (none["items"], none["total"]) == ([], 0)


async def test_one_is_shown_whole_and_who_read_it_is_on_record(
    exporter: Shop, clock: FixedClock, rival: Any
) -> None:
    (event_id,) = await dead_exports(exporter, clock, "k")
    shown = await ask(exporter, "GET", f"{EXPORTS}/{event_id}")
    assert shown.json()["payload"] == LEAD
    rows = await audited(exporter.uow, exporter.org_id)
    assert [(row["action"], row["resource_id"]) for row in rows] == [("export_payload_read", event_id)]
    (mail,) = await fail(exporter.uow, clock, exporter.org_id, "a mail")
    (theirs,) = await fail(exporter.uow, clock, rival, "k", kind="export", payload=LEAD)
    for other in (mail, theirs, uuid4()):
        assert code_of(await ask(exporter, "GET", f"{EXPORTS}/{other}")) == (404, "not_found")
        assert code_of(await replay(exporter, other)) == (404, "not_found")


async def test_a_replayed_export_is_delivered_under_its_first_id(
    exporter: Shop, clock: FixedClock, world: World
) -> None:
    (event_id,) = await dead_exports(exporter, clock, "k")
    answer = await replay(exporter, event_id, "one-key")
    assert answer.status_code == 202
    status_url = f"/v1/admin/outbox/{event_id}"
    assert answer.headers["location"] == status_url
    body = answer.json()
    assert body.pop("last_replayed_at") is not None
    assert body.pop("last_replayed_by") is not None
    assert body == {
        "event_id": str(event_id),
        "outbox_event_id": str(event_id),
        "status": "replaying",
        "attempts": 0,
        "last_error_code": None,
        "replay_count": 1,
        "status_url": status_url,
    }
    assert (await replay(exporter, event_id, "one-key")).headers["idempotency-replayed"] == "true"
    assert code_of(await replay(exporter, event_id)) == (409, "export_not_dead")
    async with exporter.uow.begin(exporter.org_id) as unit:
        mail = await unit.outbox.add(Message(kind="email", event_type="x", dedupe_key="due"))
    counts = (await ask(exporter, "POST", EXPORTS)).json()
    assert counts == {**COUNTS, "delivered": 1}
    assert world.arrived == [event_id]
    assert mail not in world.arrived
    shown = (await ask(exporter, "GET", f"{EXPORTS}/{event_id}")).json()
    assert shown["status"] == "delivered"
    actions = [row["action"] for row in await audited(exporter.uow, exporter.org_id)]
    assert actions == ["export_replay", "export_payload_read"]


async def test_a_selection_replays_exports_alone_each_once(
    exporter: Shop, clock: FixedClock, world: World
) -> None:
    dead = await dead_exports(exporter, clock, *(f"k{n}" for n in range(12)))
    await fail(exporter.uow, clock, exporter.org_id, "a mail")
    none = (await ask(exporter, "POST", EXPORTS, json={"mode": "sheets"})).json()
    assert none == {**COUNTS, "remaining_dead": 12}
    answers: list[Any] = []

    async def one() -> None:
        answers.append((await ask(exporter, "POST", EXPORTS, json={"last_error": "timeout"})).json())

    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(one)
    assert sum(answer["replayed"] for answer in answers) == len(dead)
    assert sorted(world.arrived) == sorted(dead)
    actions = [row["action"] for row in await audited(exporter.uow, exporter.org_id)]
    assert set(actions) == {"export_bulk_replay"}
    left = (await ask(exporter, "GET", "/queue/dlq")).json()
    assert (left["outbox_dead_count"], left["export_dead_count"]) == (1, 0)


async def test_what_was_erased_cannot_be_replayed(exporter: Shop, clock: FixedClock) -> None:
    (erased,) = await dead_exports(exporter, clock, "a", code="erased")
    assert code_of(await replay(exporter, erased)) == (409, "export_payload_unavailable")


@pytest.mark.parametrize(
    ("url", "code", "detail"),
    [
        (None, "export_target_missing", "switched off"),
        ("https://169.254.169.254/", "export_target_refused", "private_ip_blocked"),
        ("http://hooks.example.com/", "export_target_refused", "http_not_allowed"),
    ],
)
async def test_without_a_sound_target_nothing_is_replayed(
    memory_uow: UnitOfWork, clock: FixedClock, url: str | None, code: str, detail: str
) -> None:
    async with open_shop(memory_uow, clock, environ=environ(url)) as shop:
        (event_id,) = await dead_exports(shop, clock, "k")
        answer = await replay(shop, event_id)
        assert code_of(answer) == (409, code)
        assert detail in answer.json()["detail"]
        headers = {"idempotency-key": "a-key"}
        twin = await ask(shop, "POST", f"/outbox/{event_id}/replay", headers=headers)
        assert code_of(twin) == (409, "outbox_not_replayable")
        assert detail in twin.json()["detail"]
        for path, body in ((EXPORTS, {"mode": "webhook"}), (DEAD, {"kind": "export"})):
            counts = (await ask(shop, "POST", path, json=body)).json()
            assert counts == {**COUNTS, "selected": 1, "not_replayable": 1, "remaining_dead": 1}
        shown = [(await ask(shop, "GET", f"{path}/{event_id}")).json() for path in (EXPORTS, "/outbox")]
        for path in (EXPORTS, DEAD, DLQ, "/outbox"):
            shown += (await ask(shop, "GET", path)).json()["items"]
        assert len(shown) == 6
        for item in shown:
            assert [link["rel"] for link in item["actions"]] == ["show"]
            assert not item.get("replayable")


@pytest.mark.parametrize(
    ("body", "field"), [({"kind": "export"}, "kind"), ({"limit": 5}, "event_ids"), ({"mode": "x"}, "mode")]
)
async def test_an_unsound_selection_is_refused(memory_shop: Shop, body: Any, field: str) -> None:
    answer = await ask(memory_shop, "POST", EXPORTS, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_one_without_a_message_is_shown_and_not_sent_again(exporter: Shop, clock: FixedClock) -> None:
    """As somebody else may have put it there."""
    lone = dataclasses.replace(stored(clock), status=ExportStatus.DEAD, dedupe_key=None)
    async with exporter.uow.begin(exporter.org_id) as unit:
        await unit.exports.save(lone)
    ours = f"{EXPORTS}/{lone.id}"
    (item,) = (await ask(exporter, "GET", EXPORTS)).json()["items"]
    (letter,) = (await ask(exporter, "GET", DLQ)).json()["items"]
    assert (item["event_id"], item["outbox_event_id"]) == (str(lone.id), None)
    assert [action["rel"] for action in item["actions"] + letter["actions"]] == ["show", "show"]
    assert (letter["replayable"], letter["resource_id"]) == (False, str(lone.lead_id))
    assert (await ask(exporter, "GET", ours)).json()["payload"] == lone.payload
    assert code_of(await replay(exporter, lone.id)) == (409, "export_payload_unavailable")


async def test_where_one_was_to_go_is_shown_when_exports_go_elsewhere(
    exporter: Shop, clock: FixedClock
) -> None:
    (event_id,) = await dead_exports(exporter, clock, "k")
    async with exporter.uow.begin(exporter.org_id) as unit:
        known = await unit.exports.find(event_id)
        assert known is not None
        await unit.exports.save(dataclasses.replace(known, target_url_host="old.example.com"))
    for path in (EXPORTS, DLQ):
        (item,) = (await ask(exporter, "GET", path)).json()["items"]
        assert item["payload_summary"] == "lead.created to old.example.com", path
