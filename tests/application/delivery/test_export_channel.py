"""Lead exports from the outbox to a receiver: D11 of the delivery page."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from adapters.h11.webhooks import H11WebhookSender
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.export_channel import ExportChannel, Exports, ExportTarget
from application.delivery.rules import Channels, DeliveryRules
from application.delivery.webhook_signature import signed_headers, signing_key
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import EventOutcome
from domain.delivery.target import TargetRules
from domain.shared.ids import EventId, OrgId
from tests.support.clock import FixedClock
from tests.support.delivery import World, a_runner, event_of
from tests.support.webhooks import OK, Receiver, listening

SECRET = "whsec_" + b64encode(b"k" * 32).decode()
BUSY = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"


def a_target(receiver: Receiver, **choices: Any) -> Exports:
    given: dict[str, Any] = {
        "url": receiver.url,
        "host": "127.0.0.1",
        "rules": TargetRules(allow_http=True, block_private=False),
        "keys": (signing_key(SECRET),),
    }
    return Exports(ExportTarget(**(given | choices)))


def exporter(uow: UnitOfWork, clock: FixedClock, exports: Exports) -> DeliverDueHandler:
    runner = a_runner(uow, clock, World())
    channel = ExportChannel(H11WebhookSender(), clock, exports)
    return DeliverDueHandler(
        uow=uow,
        clock=clock,
        ids=runner.ids,
        rules=DeliveryRules(),
        channels=Channels({"export": channel}),
        slots=runner.slots,
        breakers=runner.breakers,
        runner="test",
    )


HAPPENED = "2026-03-02T13:59:59.25Z"  # before it was enqueued


async def a_lead(uow: UnitOfWork, org_id: OrgId, **payload: Any) -> EventId:
    told = {
        "type": "lead.created",
        "org_id": str(org_id),
        "org_slug": "acme",
        "timestamp": HAPPENED,
        "data": {"lead_id": "one", "name": "Zoë"},
        **payload,
    }
    message = Message(kind="export", event_type="lead.created", dedupe_key="lead:1:export", payload=told)
    async with uow.begin(org_id) as unit:
        return await unit.outbox.add(message)


async def test_a_lead_arrives_signed_and_a_retry_keeps_its_id(
    memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    event_id = await a_lead(memory_uow, an_org)
    async with listening(Receiver([BUSY, OK])) as receiver:
        runner = exporter(memory_uow, clock, a_target(receiver))
        assert (await runner.handle(DeliverDue())).retry == 1
        clock.advance(minutes=5)
        assert (await runner.handle(DeliverDue())).sent == 1
    first, second = receiver.requests
    assert first.body == second.body
    assert json.loads(first.body) == {
        "type": "lead.created",
        "timestamp": HAPPENED,
        "data": {"lead_id": "one", "name": "Zoë", "org_id": str(an_org), "org_slug": "acme"},
    }
    assert first.headers["content-type"] == "application/json"
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(event_id)
    stamps = [int(request.headers["webhook-timestamp"]) for request in (first, second)]
    assert stamps[1] - stamps[0] == 300
    event = await event_of(memory_uow, an_org, event_id)
    assert event.outcome is EventOutcome.DELIVERED


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
def test_an_independent_verifier_accepts_the_signature(secret: str) -> None:
    body = '{"type":"lead.created","data":{"name":"Zoë"}}'
    headers = signed_headers("msg-1", datetime.now(UTC), body.encode(), [b"another", signing_key(secret)])
    assert Webhook(secret).verify(body, dict(headers)) == json.loads(body)
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(body.replace("lead", "load"), dict(headers))


def test_a_secret_that_is_no_base64_signs_with_its_own_bytes() -> None:
    assert signing_key("not base64!") == b"not base64!"


async def test_without_a_secret_nothing_is_signed(
    memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await a_lead(memory_uow, an_org)
    async with listening(Receiver()) as receiver:
        await exporter(memory_uow, clock, a_target(receiver, keys=())).handle(DeliverDue())
    assert "webhook-signature" not in receiver.requests[0].headers


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ({"rules": TargetRules(allow_http=True)}, "private_ip_blocked"),
        ({"rules": TargetRules(block_private=False)}, "http_not_allowed"),
        (
            {"rules": TargetRules(allow_http=True, allowed_hosts=frozenset({"hooks.example.com"}))},
            "host_not_allowlisted",
        ),
    ],
)
async def test_a_refused_target_is_dead_at_once(
    memory_uow: UnitOfWork, an_org: OrgId, clock: FixedClock, choices: Any, code: str
) -> None:
    event_id = await a_lead(memory_uow, an_org)
    async with listening(Receiver()) as receiver:
        await exporter(memory_uow, clock, a_target(receiver, **choices)).handle(DeliverDue())
        assert receiver.connections == 0
    event = await event_of(memory_uow, an_org, event_id)
    assert (event.status, event.last_error, event.attempts) == ("dead", code, 1)


async def test_exports_that_were_switched_off_and_nonsense_are_dead(
    memory_uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    switched_off = await a_lead(memory_uow, an_org)
    await exporter(memory_uow, clock, Exports()).handle(DeliverDue())
    assert (await event_of(memory_uow, an_org, switched_off)).last_error == "endpoint_disabled"
    nonsense = await a_lead(memory_uow, rival, data="text")
    async with listening(Receiver()) as receiver:
        await exporter(memory_uow, clock, a_target(receiver)).handle(DeliverDue())
    assert (await event_of(memory_uow, rival, nonsense)).last_error == "payload_invalid"
