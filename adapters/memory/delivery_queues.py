from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.delivery_queues import Queue
from domain.delivery.outbox_event import EventStatus, OutboxEvent


@dataclass(frozen=True, slots=True)
class MemoryDeliveryQueues:
    rows: Iterable[OutboxEvent]

    async def count(self, now: datetime) -> Sequence[Queue]:
        found: dict[tuple[str, str], list[OutboxEvent]] = defaultdict(list)
        for row in self.rows:
            if row.status is not EventStatus.SENT:
                found[row.kind, row.status.value].append(row)
        return [_queue(*name, rows, now) for name, rows in sorted(found.items())]


def _queue(kind: str, status: str, rows: Sequence[OutboxEvent], now: datetime) -> Queue:
    due = [row.next_attempt_at for row in rows if row.next_attempt_at and row.is_due(now)]
    leased = sum(row.lease_expires_at is not None and row.lease_expires_at > now for row in rows)
    return Queue(kind, status, len(rows), min(due, default=None), leased)
