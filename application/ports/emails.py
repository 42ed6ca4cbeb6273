from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.delivery.email_event import EmailEvent, EmailStatus
from domain.shared.ids import BookingId, EventId, LeadId


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailFilter:
    """What is not given is not asked for."""

    booking_id: BookingId | None = None
    invoice_id: UUID | None = None
    lead_id: LeadId | None = None
    email_type: str | None = None
    status: EmailStatus | None = None


@dataclass(frozen=True, slots=True)
class EmailPosition:
    """Where a page ended, in the order newest first, then by id, backwards too."""

    created_at: datetime
    event_id: EventId


class EmailEvents(Protocol):
    """The organisation's mails, one per outbox message of kind email; made when that is enqueued."""

    async def find(self, event_id: EventId) -> EmailEvent | None: ...

    async def values_of(self, event_ids: Sequence[EventId]) -> Mapping[EventId, Mapping[str, object]]:
        """What these mails say: of those that retention has not emptied and whose carrier never vanished
        with them, as composing such a one may end a process."""

    async def save(self, email: EmailEvent) -> None: ...

    async def find_many(self, event_ids: Sequence[EventId]) -> Mapping[EventId, EmailEvent]:
        """Those that exist."""

    async def save_many(self, emails: Sequence[EmailEvent]) -> None: ...

    async def count_earlier(self, email: EmailEvent, email_types: Sequence[str], within: timedelta) -> int:
        """How many mails of these types went to the same recipient (any case) in that span before this
        one was enqueued. Those that were not sent on purpose do not count."""

    async def list_page(
        self, wanted: EmailFilter, after: EmailPosition | None, limit: int
    ) -> Sequence[EmailEvent]:
        """Newest first."""
