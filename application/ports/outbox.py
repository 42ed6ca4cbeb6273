from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is to leave the system. `payload` is JSON: a template's values, or the body; at most 256 KiB."""

    kind: str  # email, webhook, export
    event_type: str  # a template (booking_confirmed) or an event (lead.created)
    dedupe_key: str  # ≤ 255, no personal data
    resource_type: str | None = None
    resource_id: UUID | None = None
    payload: Mapping[str, object] = field(default_factory=dict)
    expires_at: datetime | None = None  # after it the message is pointless


class Outbox(Protocol):
    """The organisation's outgoing messages, enqueued in the transaction of the change that causes them."""

    async def add(self, message: Message, *, request_id: str = "") -> EventId:
        """Pending and due at once. A known dedupe key writes nothing and answers the first row's id."""

    async def withdraw(self, dedupe_key_prefix: str) -> int:
        """Settle every unsent row whose key begins so as withdrawn (its cause is gone); how many."""
