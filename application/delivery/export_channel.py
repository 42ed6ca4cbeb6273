"""How exports leave: signed, to the operator's one URL, whatever that is at the moment of sending."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from application.delivery.webhook_signature import signed_headers
from application.ports.carrier import Receipt, Shipment
from application.ports.clock import Clock
from application.ports.outbox import is_too_large
from application.ports.unit_of_work import Unit
from application.ports.webhooks import WebhookCall, WebhookSender
from domain.delivery.export_event import ExportEvent
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.delivery.target import TargetRules

MINIFIED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTarget:
    """`host` is all that is ever shown of the URL: its path can be a secret."""

    url: str = field(repr=False)
    host: str | None
    rules: TargetRules
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    timeout_seconds: float = 5


@dataclass(frozen=True, slots=True)
class Exports:
    """Where exports go now; None while they are switched off."""

    target: ExportTarget | None = None

    def host_of(self, kind: str) -> str | None:
        return self.target.host if self.target and kind == "export" else None


@dataclass(frozen=True, slots=True)
class ExportChannel:
    """Without a target, as when exports were switched off since, a message ends dead, to be replayed."""

    sender: WebhookSender
    clock: Clock
    exports: Exports

    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        return [Shipment(org_id=unit.org_id, event=event) for event in events]

    async def carry(self, shipment: Shipment) -> Receipt:
        target, event = self.exports.target, shipment.event
        if target is None:
            raise DeliveryFailed(Fault.of("endpoint_disabled"))
        body, now = body_of(event), self.clock.now()
        headers = signed_headers(str(event.id), now, body, target.keys)
        call = WebhookCall(
            url=target.url,
            rules=target.rules,
            headers={"content-type": "application/json", **headers},
            body=body,
            sent_at=now,
            timeout_seconds=target.timeout_seconds,
        )
        return Receipt(http_status=await self.sender.post(call))

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        for event, _receipt in ends:
            await follow_export(unit, event, self.exports)


async def follow_export(unit: Unit, event: OutboxEvent, exports: Exports) -> None:
    """From its first death on an export has a row of its own, which goes on in step with the message."""
    if event.status is not EventStatus.DEAD and event.replay_count == 0:
        return  # it has never died
    known = await unit.exports.find(event.id)
    if known is None:
        known = ExportEvent.of_dead(event, exports.host_of(event.kind))
    await unit.exports.save(known.follow(event))


def body_of(event: OutboxEvent) -> bytes:
    """`data` is whose it is too. The instant is when it happened, not when it is sent."""
    payload = event.payload
    data = payload.get("data")
    if not isinstance(data, Mapping):
        raise DeliveryFailed(Fault.of("payload_invalid"))
    if is_too_large(event.kind, payload):
        raise DeliveryFailed(Fault.of("payload_too_large"))
    owner = {name: payload[name] for name in ("org_id", "org_slug") if name in payload}
    enqueued_at = event.created_at.isoformat().replace("+00:00", "Z")
    message = {
        "type": event.event_type,
        "timestamp": payload.get("timestamp", enqueued_at),
        "data": {**data, **owner},
    }
    return MINIFIED.encode(message).encode()
