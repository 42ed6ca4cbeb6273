"""How one kind of message leaves. The outbox knows nothing of mails or webhooks but this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from application.ports.unit_of_work import Unit
from domain.delivery.outbox_event import EventOutcome, OutboxEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the world said when it took the message."""

    provider_message_id: str | None = None
    http_status: int | None = None


class Shipment(Protocol):
    """One message with all that is needed to send it, gathered before its transaction closed."""

    async def send(self) -> Receipt:
        """Outside any transaction. Raises DeliveryFailed with the fault."""


class Channel(Protocol):
    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        """Read what sending will need; or how a message is settled without being sent. In order.

        It only reads: what could kill a runner (composing, sending) comes after the claim is safe."""

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        """Keep the channel's own records in step, in the transaction in which the events changed."""
