from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from application.ports.outbox_views import MessageFilter, MessagePosition, MessageView
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.errors import NotFound
from domain.shared.ids import EventId

ASKED = tuple(field.name for field in fields(MessageFilter))
SAME = tuple(
    field.name for field in fields(MessageView) if field.name not in {"event_id", "recipient", "has_payload"}
)


@dataclass(frozen=True, slots=True)
class MemoryOutboxViews:
    rows: Mapping[EventId, OutboxEvent]

    async def get(self, event_id: EventId) -> MessageView:
        if event_id not in self.rows:
            raise NotFound("event_id")
        return view_of(self.rows[event_id])

    async def find_many(self, event_ids: Collection[EventId]) -> Sequence[MessageView]:
        return [view_of(self.rows[event_id]) for event_id in event_ids if event_id in self.rows]

    async def list_page(
        self, wanted: MessageFilter, after: MessagePosition | None, limit: int
    ) -> Sequence[MessageView]:
        behind = None if after is None else (after.created_at, after.event_id)
        found = [row for row in self._found(wanted) if behind is None or (row.created_at, row.id) < behind]
        return [view_of(row) for row in found[:limit]]

    async def list_range(self, wanted: MessageFilter, *, limit: int, offset: int) -> Sequence[MessageView]:
        return [view_of(row) for row in self._found(wanted)[offset : offset + limit]]

    async def count(self, wanted: MessageFilter) -> int:
        return len(self._found(wanted))

    def _found(self, wanted: MessageFilter) -> list[OutboxEvent]:
        asked = [(name, value) for name in ASKED if (value := getattr(wanted, name)) is not None]
        found = [row for row in self.rows.values() if all(getattr(row, name) == v for name, v in asked)]
        return sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)


def view_of(row: OutboxEvent) -> MessageView:
    return MessageView(
        event_id=row.id,
        recipient=recipient_of(row),
        has_payload=bool(row.payload),
        **{name: getattr(row, name) for name in SAME},
    )


def recipient_of(row: OutboxEvent) -> str | None:
    to = row.payload.get("to")
    return str(to) if row.kind == "email" and to is not None else None
