from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.delivery.target import TargetRules


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One POST of one attempt."""

    url: str = field(repr=False)  # its path can be a secret
    rules: TargetRules
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    sent_at: datetime
    timeout_seconds: float


class WebhookSender(Protocol):
    async def post(self, call: WebhookCall) -> int:
        """The 2xx that the peer answered. Raises DeliveryFailed.

        The name is resolved once and the socket goes to an address that was checked; redirects fail."""
