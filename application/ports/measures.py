"""What is counted of the work, for the metrics. A unit's figures count once it has committed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Figure(StrEnum):
    """Each with its labels, none of which may name an organisation, a person, an id or an address."""

    OUTBOX_ATTEMPTS = "outbox_attempts"  # kind, outcome
    OUTBOX_DELIVERY_SECONDS = "outbox_delivery_seconds"  # kind; from enqueue to sent
    DLQ_REPLAYS = "dlq_replay"  # outbox or export; replayed or refused
    BOOKINGS = "bookings"  # action
    EMAIL_NOTIFICATIONS = "email_notifications"  # template; the state in which the mail came to rest
    EMAIL_ADAPTER_OUTCOMES = "email_adapter_outcomes"  # accepted, refused for good, failed for now
    EMAIL_BOUNCES = "email_bounces"  # hard, soft, complaint


@dataclass(frozen=True, slots=True)
class Counted:
    figure: Figure
    labels: tuple[str, ...]
    amount: float = 1


@dataclass(slots=True)
class UnitCounts:
    """One unit's, in order."""

    taken: list[Counted] = field(default_factory=list)

    def add(self, figure: Figure, *labels: str, amount: float = 1) -> None:
        self.taken.append(Counted(figure, labels, amount))


class Measures(Protocol):
    """The process's own counters."""

    def note(self, counted: Iterable[Counted]) -> None: ...


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """For who does not look."""

    def note(self, counted: Iterable[Counted]) -> None: ...
