from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """An outgoing message as people may read it: without its payload, its secret and its lease.

    `recipient` is a mail's address, whole: whoever answers with it decides who sees how much of it."""

    event_id: EventId
    kind: str
    event_type: str
    dedupe_key: str
    resource_type: str | None
    resource_id: UUID | None
    status: EventStatus
    outcome: EventOutcome | None
    attempts: int
    total_attempts: int
    next_attempt_at: datetime | None
    expires_at: datetime | None
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None
    dead_at: datetime | None
    replay_count: int
    last_replayed_at: datetime | None
    last_replayed_by: UUID | None
    request_id: str
    traceparent: str
    recipient: str | None
    has_payload: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """What is not given is not asked for."""

    kind: str | None = None
    status: EventStatus | None = None
    last_error: str | None = None
    resource_type: str | None = None
    resource_id: UUID | None = None
    dedupe_key: str | None = None


@dataclass(frozen=True, slots=True)
class MessagePosition:
    """Where a page ended, in the order newest first, then by id, backwards too."""

    created_at: datetime
    event_id: EventId


class OutboxViews(Protocol):
    """The organisation's outgoing messages, to look at."""

    async def get(self, event_id: EventId) -> MessageView:
        """Raises NotFound, also for another organisation's."""

    async def find_many(self, event_ids: Collection[EventId]) -> Sequence[MessageView]:
        """Those that exist, in no order."""

    async def list_page(
        self, wanted: MessageFilter, after: MessagePosition | None, limit: int
    ) -> Sequence[MessageView]:
        """Newest first."""

    async def list_range(self, wanted: MessageFilter, *, limit: int, offset: int) -> Sequence[MessageView]:
        """In the same order, by number."""

    async def count(self, wanted: MessageFilter) -> int: ...
