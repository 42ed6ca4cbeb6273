"""What the deployment decides about deliveries, and what this process can deliver."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from application.delivery.channel import Channel
from application.ports.identifiers import Identifiers
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


def chance(ids: Identifiers) -> float:
    """A number in [0, 1], anew each time: it spreads retries over time."""
    return int.from_bytes(ids.secret(4)) / (2**32 - 1)
