from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.shared.ids import EventId


class AttemptOutcome(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    LOST = "lost"  # the lease ran out and nobody answered
    LATE = "late"  # an answer came after the lease had run out


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try, written down once it is over. `attempt` counts over the message's whole life."""

    event_id: EventId
    attempt: int
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    outcome: AttemptOutcome
    error: str | None
    http_status: int | None
    provider_message_id: str | None
    runner: str
