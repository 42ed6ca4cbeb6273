from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Queue:
    """The unsent messages of one kind in one state, of all organisations together."""

    kind: str
    status: str  # pending, retry, dead
    messages: int
    oldest_due_at: datetime | None  # of those that are due by now
    in_flight: int


class DeliveryQueues(Protocol):
    """How much waits in the installation; counts alone, of no organisation in particular."""

    async def count(self, now: datetime) -> Sequence[Queue]:
        """By kind and status; what is empty is left out."""
