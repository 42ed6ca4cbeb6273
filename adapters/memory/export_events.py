from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from application.ports.export_events import ExportFilter, ExportPosition, ExportView
from domain.delivery.export_event import ExportEvent
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.errors import NotFound
from domain.shared.ids import EventId

SAME = tuple(
    field.name for field in fields(ExportView) if field.name not in {"event_id", "expires_at", "has_payload"}
)


@dataclass(frozen=True, slots=True)
class MemoryExportEvents:
    rows: dict[EventId, ExportEvent]
    messages: Mapping[EventId, OutboxEvent]

    async def store(self, export: ExportEvent) -> EventId:
        for known in self.rows.values():
            if export.dedupe_key is not None and known.dedupe_key == export.dedupe_key:
                return known.id
        self.rows[export.id] = export
        return export.id

    async def find(self, event_id: EventId) -> ExportEvent | None:
        return self.rows.get(event_id)

    async def save(self, export: ExportEvent) -> None:
        self.rows[export.id] = export

    async def view(self, event_id: EventId) -> ExportView:
        return self._view(self._row(event_id))

    async def content(self, event_id: EventId) -> Mapping[str, object] | None:
        row = self._row(event_id)
        message = self._message(row)
        said = row.payload if message is None else message.payload
        return said or None

    async def list_page(
        self, wanted: ExportFilter, after: ExportPosition | None, limit: int
    ) -> Sequence[ExportView]:
        behind = None if after is None else (after.created_at, after.event_id)
        found = [row for row in self._found(wanted) if behind is None or (row.created_at, row.id) < behind]
        return [self._view(row) for row in found[:limit]]

    async def list_range(self, wanted: ExportFilter, *, limit: int, offset: int) -> Sequence[ExportView]:
        return [self._view(row) for row in self._found(wanted)[offset : offset + limit]]

    async def count(self, wanted: ExportFilter) -> int:
        return len(self._found(wanted))

    def _found(self, wanted: ExportFilter) -> list[ExportEvent]:
        found = [
            row
            for row in self.rows.values()
            if wanted.mode in {None, row.mode} and wanted.status in {None, row.status}
        ]
        return sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)

    def _row(self, event_id: EventId) -> ExportEvent:
        if event_id not in self.rows:
            raise NotFound("event_id")
        return self.rows[event_id]

    def _message(self, row: ExportEvent) -> OutboxEvent | None:
        return None if row.outbox_event_id is None else self.messages[row.outbox_event_id]

    def _view(self, row: ExportEvent) -> ExportView:
        message = self._message(row)
        return ExportView(
            event_id=row.id,
            expires_at=None if message is None else message.expires_at,
            has_payload=bool(row.payload if message is None else message.payload),
            **{name: getattr(row, name) for name in SAME},
        )
