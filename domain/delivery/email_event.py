from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.shared.ids import BookingId, EventId, LeadId


class EmailStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"
    DEAD = "dead"


_SETTLED_AS = {
    EventOutcome.DELIVERED: EmailStatus.SENT,
    EventOutcome.SKIPPED: EmailStatus.SKIPPED,
    EventOutcome.SUPPRESSED: EmailStatus.SUPPRESSED,
    EventOutcome.WITHDRAWN: EmailStatus.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailEvent:
    """One mail, under its outbox message's id. No body: values and version render it again."""

    event_id: EventId
    email_type: str
    template_version: int = 0  # 0 until it is composed
    lead_id: LeadId | None = None
    booking_id: BookingId | None = None
    invoice_id: UUID | None = None
    recipient: str
    subject: str = ""  # empty until it is composed
    status: EmailStatus = EmailStatus.QUEUED
    provider_message_id: str | None = None
    resend_of: EventId | None = None
    created_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None

    def composed(self, template_version: int, subject: str) -> Self:
        return replace(self, template_version=template_version, subject=subject)

    def follow(self, event: OutboxEvent, provider_message_id: str | None = None) -> Self:
        """In step with its outbox message, after that has settled, failed or died."""
        if event.outcome is not None:
            return replace(
                self,
                status=_SETTLED_AS[event.outcome],
                sent_at=event.sent_at,
                provider_message_id=provider_message_id,
            )
        if event.status is EventStatus.DEAD:
            return self._died(event)
        if self.status in {EmailStatus.DEAD, EmailStatus.BOUNCED}:  # it was replayed
            return replace(self, status=EmailStatus.QUEUED, bounced_at=None)
        return self

    def _died(self, event: OutboxEvent) -> Self:
        if event.last_error == "recipient_refused":
            return replace(self, status=EmailStatus.BOUNCED, bounced_at=event.dead_at)
        return replace(self, status=EmailStatus.DEAD)
