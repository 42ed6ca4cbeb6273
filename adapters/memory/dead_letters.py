from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.memory.outbox_views import recipient_of
from application.ports.dead_letters import DeadLetter, DeadLetterPage, DeadSelection, Half
from domain.delivery.export_event import ExportEvent, ExportStatus
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True)
class MemoryDeadLetters:
    rows: Mapping[EventId, OutboxEvent]
    exports: Mapping[EventId, ExportEvent]

    async def page(self, halves: frozenset[Half], *, limit: int, offset: int) -> DeadLetterPage:
        letters = list(self._letters())
        wanted = [letter for letter in letters if letter.half in halves]
        wanted.sort(key=lambda letter: (letter.half, letter.event_id))
        wanted.sort(key=lambda letter: letter.created_at, reverse=True)
        exports = sum(letter.half == "export" for letter in letters)
        return DeadLetterPage(wanted[offset : offset + limit], len(letters) - exports, exports)

    async def lock(self, selection: DeadSelection) -> list[OutboxEvent]:
        found = [row for row in self._dead() if _is_selected(row, selection)]
        return sorted(found, key=lambda row: (row.created_at, row.id))[: selection.limit]

    def _dead(self) -> Iterator[OutboxEvent]:
        return (row for row in self.rows.values() if row.status is EventStatus.DEAD)

    def _letters(self) -> Iterator[DeadLetter]:
        """An export stands once: where exports are kept."""
        for row in self._dead():
            if row.kind != "export":
                yield _letter("outbox", row)
        for export in self.exports.values():
            if export.status is ExportStatus.DEAD:
                message = None if export.outbox_event_id is None else self.rows[export.outbox_event_id]
                yield _export_letter(export, message)


def _letter(half: Half, row: OutboxEvent) -> DeadLetter:
    return DeadLetter(
        half=half,
        event_id=row.id,
        channel=row.kind,
        event_type=row.event_type,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        dead_at=row.dead_at or row.created_at,
        expires_at=row.expires_at,
        resource_type=row.resource_type,
        resource_id=row.resource_id,
        recipient=recipient_of(row),
        target_host=None,
        has_payload=row.has_payload,
        replay_count=row.replay_count,
    )


def _export_letter(export: ExportEvent, message: OutboxEvent | None) -> DeadLetter:
    return DeadLetter(
        half="export",
        event_id=export.id,
        channel="export",
        event_type=export.event_type,
        attempts=export.attempts,
        last_error=export.last_error_code,
        created_at=export.created_at,
        dead_at=export.dead_at or export.created_at,
        expires_at=message.expires_at if message else None,
        resource_type=message.resource_type if message else "lead" if export.lead_id else None,
        resource_id=message.resource_id if message else export.lead_id,
        recipient=None,
        target_host=export.target_url_host,
        has_payload=message is not None and message.has_payload,
        replay_count=export.replay_count,
    )


def _is_selected(row: OutboxEvent, selection: DeadSelection) -> bool:
    died = row.dead_at or row.created_at
    return (
        (selection.event_ids is None or row.id in selection.event_ids)
        and (selection.kind is None or row.kind == selection.kind)
        and (selection.last_error is None or row.last_error == selection.last_error)
        and (selection.dead_from is None or died >= selection.dead_from)
        and (selection.dead_before is None or died < selection.dead_before)
    )
