"""How one kind of message leaves. The outbox knows nothing of mails or webhooks but this."""

from collections.abc import Sequence
from typing import Protocol

from application.ports.carrier import Receipt, Shipment
from application.ports.unit_of_work import Unit
from domain.delivery.outbox_event import EventOutcome, OutboxEvent


class Channel(Protocol):
    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        """Read what sending will need; or how a message is settled without being sent. In order.

        It only reads: what could end a process (composing, sending) comes after the claim is safe."""

    async def carry(self, shipment: Shipment) -> Receipt:
        """As a Carrier, for this kind. It may run in another process than the rest of this."""

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        """Keep the channel's own records in step, in the transaction in which the events changed."""
