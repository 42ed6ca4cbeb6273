"""What is kept of an export beside its message: one that could not leave, or one that waits to be fetched."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.shared.ids import EventId, LeadId


class ExportMode(StrEnum):
    WEBHOOK = "webhook"
    SHEETS = "sheets"
    ACCOUNTING_CSV = "accounting_csv"


class ExportStatus(StrEnum):
    STORED = "stored"  # it has no message: it waits to be fetched
    DEAD = "dead"
    REPLAYING = "replaying"
    DELIVERED = "delivered"


_FOLLOWED = {
    EventStatus.DEAD: ExportStatus.DEAD,
    EventStatus.PENDING: ExportStatus.REPLAYING,
    EventStatus.RETRY: ExportStatus.REPLAYING,
    EventStatus.SENT: ExportStatus.DELIVERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEvent:
    """One with a message goes by the message's id, and what it says is in the message alone; one without is
    kept here whole, once for its `dedupe_key`."""

    id: EventId
    outbox_event_id: EventId | None = None
    dedupe_key: str | None = None
    lead_id: LeadId | None = None
    mode: ExportMode
    event_type: str
    status: ExportStatus
    target_url_host: str | None = None
    payload: Mapping[str, object] | None = None
    row_count: int | None = None
    attempts: int = 0
    last_error_code: str | None = None
    created_at: datetime
    dead_at: datetime | None = None
    replay_count: int = 0
    last_replayed_at: datetime | None = None
    last_replayed_by: UUID | None = None

    @classmethod
    def of_dead(cls, event: OutboxEvent, host: str | None) -> Self:
        """`host` is where it was to go; a URL's path can be a secret and is not kept."""
        about_lead = event.resource_type == "lead" and event.resource_id is not None
        made = cls(
            id=event.id,
            outbox_event_id=event.id,
            lead_id=LeadId(event.resource_id) if about_lead and event.resource_id else None,
            mode=ExportMode.WEBHOOK,
            event_type=event.event_type,
            status=ExportStatus.DEAD,
            target_url_host=host,
            created_at=event.created_at,
        )
        return made.follow(event)

    def follow(self, event: OutboxEvent) -> Self:
        """In step with its message, whatever that did. When it died last stays known."""
        return replace(
            self,
            status=_FOLLOWED[event.status],
            attempts=event.attempts,
            last_error_code=event.last_error,
            dead_at=event.dead_at or self.dead_at,
            replay_count=event.replay_count,
            last_replayed_at=event.last_replayed_at,
            last_replayed_by=event.last_replayed_by,
        )
