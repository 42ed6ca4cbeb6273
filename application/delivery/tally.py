from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.shared.ids import EventId, OrgId


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
    looked_for: frozenset[EventId] = frozenset()
    met: set[EventId] = field(default_factory=set)  # those of them that it counts

    def count(self, events: Iterable[OutboxEvent]) -> None:
        for event in events:
            self.note(event.status, event.outcome)
            if event.id in self.looked_for:
                self.met.add(event.id)

    def note(self, status: EventStatus, outcome: EventOutcome | None) -> None:
        self.sent += outcome is EventOutcome.DELIVERED
        self.retry += status is EventStatus.RETRY
        self.dead += status is EventStatus.DEAD
        self.skipped += outcome in {EventOutcome.SKIPPED, EventOutcome.SUPPRESSED}
