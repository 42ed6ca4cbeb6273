"""What the deployment decides about deliveries, and what this process can deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from application.delivery.channel import Channel
from application.ports.carrier import Receipt, Shipment
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit
from domain.delivery.outbox_event import OutboxEvent
from domain.delivery.retry_policy import RetryPolicy

CUT_OFF_SECONDS = 5
"""How long before its lease ends an attempt is given up, so that its answer is never late by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRules:
    """`by_kind` replaces the usual policy for that kind of message."""

    lease_seconds: int = 60
    usual: RetryPolicy = field(default_factory=RetryPolicy)
    by_kind: Mapping[str, RetryPolicy] = field(default_factory=dict)

    def policy(self, kind: str) -> RetryPolicy:
        return self.by_kind.get(kind, self.usual)


@dataclass(frozen=True, slots=True)
class Channels:
    """`circuits`: through which circuit breaker messages of a kind go, if through any."""

    by_kind: Mapping[str, Channel]
    circuits: Mapping[str, str] = field(default_factory=dict)

    def find(self, kind: str) -> Channel | None:
        return self.by_kind.get(kind)

    async def carry(self, shipment: Shipment) -> Receipt:
        """As the Carrier of this very process."""
        return await self.by_kind[shipment.event.kind].carry(shipment)

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        """Each channel of its own messages, all at once."""
        for kind in sorted({event.kind for event, _ in ends}):
            if (channel := self.find(kind)) is not None:
                await channel.follow(unit, [end for end in ends if end[0].kind == kind])


def chance(ids: Identifiers) -> float:
    """A number in [0, 1], anew each time: it spreads retries over time."""
    return int.from_bytes(ids.secret(4)) / (2**32 - 1)
