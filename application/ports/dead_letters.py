from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId

type Half = Literal["outbox", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadSelection:
    """`event_ids`, or what is given of the others; `dead_from` is included, `dead_before` is not."""

    event_ids: tuple[EventId, ...] | None = None
    kind: str | None = None
    last_error: str | None = None
    dead_from: datetime | None = None
    dead_before: datetime | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One failure, in the half of the queue where it stands. `recipient` is whole, as in MessageView."""

    half: Half
    event_id: EventId
    channel: str
    event_type: str
    attempts: int
    last_error: str | None
    created_at: datetime
    dead_at: datetime
    expires_at: datetime | None
    resource_type: str | None
    resource_id: UUID | None
    recipient: str | None
    target_host: str | None  # of an export: where it was to go when it died first
    has_payload: bool
    replay_count: int

    @property
    def kind(self) -> str:
        """Of its message."""
        return self.channel


@dataclass(frozen=True, slots=True)
class DeadLetterPage:
    """The counts are of all there are, whichever halves were asked for."""

    items: Sequence[DeadLetter]
    outbox_count: int
    export_count: int


class DeadLetters(Protocol):
    """What the organisation could not deliver."""

    async def page(self, halves: frozenset[Half], *, limit: int, offset: int) -> DeadLetterPage:
        """Newest first, then by half and id. One statement, so that items and counts agree."""

    async def lock(self, selection: DeadSelection) -> list[OutboxEvent]:
        """The dead ones that are selected, oldest first, but those that another unit has locked."""
