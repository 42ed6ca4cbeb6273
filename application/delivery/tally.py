from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.shared.ids import OrgId


@dataclass(slots=True)
class Tally:
    """What a pass did: attempts begun, and messages by what became of them."""

    claimed: int = 0
    sent: int = 0
    retry: int = 0
    dead: int = 0
    skipped: int = 0
    orgs: set[OrgId] = field(default_factory=set)
    orgs_failed: set[OrgId] = field(default_factory=set)
    out_of_time: bool = False

    def count(self, events: Iterable[OutboxEvent]) -> None:
        for event in events:
            self.sent += event.outcome is EventOutcome.DELIVERED
            self.retry += event.status is EventStatus.RETRY
            self.dead += event.status is EventStatus.DEAD
            self.skipped += event.outcome in {EventOutcome.SKIPPED, EventOutcome.SUPPRESSED}
