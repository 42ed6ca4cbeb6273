from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from application.ports.emails import EmailFilter, EmailPosition
from domain.delivery.email_event import EmailEvent, EmailStatus
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId

_NOT_SENT_ON_PURPOSE = frozenset({EmailStatus.SKIPPED, EmailStatus.SUPPRESSED, EmailStatus.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class MemoryEmailEvents:
    rows: dict[EventId, EmailEvent]
    messages: Mapping[EventId, OutboxEvent]

    async def find(self, event_id: EventId) -> EmailEvent | None:
        return self.rows.get(event_id)

    async def values_of(self, event_ids: Sequence[EventId]) -> Mapping[EventId, Mapping[str, object]]:
        messages = [self.messages[event_id] for event_id in event_ids if event_id in self.messages]
        return {each.id: each.payload for each in messages if each.has_payload and not each.leases_lost}

    async def save(self, email: EmailEvent) -> None:
        self.rows[email.event_id] = email

    async def find_many(self, event_ids: Sequence[EventId]) -> Mapping[EventId, EmailEvent]:
        return {event_id: self.rows[event_id] for event_id in event_ids if event_id in self.rows}

    async def save_many(self, emails: Sequence[EmailEvent]) -> None:
        for email in emails:
            await self.save(email)

    async def count_earlier(self, email: EmailEvent, email_types: Sequence[str], within: timedelta) -> int:
        recipient = email.recipient.lower()
        return sum(
            other.recipient.lower() == recipient
            and other.email_type in email_types
            and other.status not in _NOT_SENT_ON_PURPOSE
            and other.created_at > email.created_at - within
            and (other.created_at, other.event_id) < (email.created_at, email.event_id)
            for other in self.rows.values()
        )

    async def list_page(
        self, wanted: EmailFilter, after: EmailPosition | None, limit: int
    ) -> Sequence[EmailEvent]:
        asked = {f.name: value for f in fields(wanted) if (value := getattr(wanted, f.name)) is not None}
        found = [
            email
            for email in self.rows.values()
            if all(getattr(email, name) == value for name, value in asked.items())
            and (after is None or (email.created_at, email.event_id) < (after.created_at, after.event_id))
        ]
        return sorted(found, key=lambda email: (email.created_at, email.event_id), reverse=True)[:limit]
