"""Exports that could not be delivered, as they are answered. Of the URL only the host is shown."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from application.delivery.dead_exports import DeadExports, ShownExport
from application.delivery.export_channel import Exports
from application.delivery.replay_dead import ReplayDead
from application.delivery.replays import Replays
from application.ports.dead_letters import DeadSelection
from application.ports.export_events import ExportView
from domain.delivery.export_event import ExportMode, ExportStatus
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId
from entrypoints.http.dead_letter_bodies import ErrorCode, Selected, export_actions, selection_of, summary
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.outbox_bodies import OUTBOX

State = Literal["dead", "replaying", "delivered"]


class DeadExportAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    outbox_event_id: UUID | None
    lead_id: UUID | None
    mode: ExportMode
    event_type: str
    status: State
    target_url_host: str | None
    attempts: int
    last_error_code: str | None
    created_at: datetime
    dead_at: datetime | None
    replay_count: int
    last_replayed_at: datetime | None
    last_replayed_by: UUID | None
    payload_summary: str
    actions: list[ActionAnswer]


class ShownExportAnswer(DeadExportAnswer, kw_only=True):
    payload: dict[str, Any]


class DeadExportsAnswer(msgspec.Struct):
    items: list[DeadExportAnswer]
    total: int
    limit: int
    offset: int


class ReplayedExportAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    outbox_event_id: UUID
    status: State
    attempts: int
    last_error_code: str | None
    replay_count: int
    last_replayed_at: datetime | None
    last_replayed_by: UUID | None
    status_url: str


class ReplayExportsBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Nothing at all, or a selection: `event_ids`, or at least one filter."""

    event_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=200)] | None = None
    mode: ExportMode | None = None
    last_error: ErrorCode | None = None
    dead_from: datetime | None = None
    dead_to: datetime | None = None
    limit: Selected | None = None
    dry_run: bool | None = None

    def command(self) -> ReplayDead:
        filters = {
            "kind": None if self.mode is None else "export",
            "last_error": self.last_error,
            "dead_from": self.dead_from,
            "dead_before": self.dead_to,
        }
        selection = selection_of(self.event_ids, filters, self.limit, self.dry_run)
        if self.mode not in {None, ExportMode.WEBHOOK}:
            selection = DeadSelection(event_ids=tuple[EventId, ...]())  # there are none of these
        return ReplayDead(selection, dry_run=bool(self.dry_run), exports_only=True)


def dead_exports_answer(found: DeadExports, exports: Exports, limit: int, offset: int) -> DeadExportsAnswer:
    items = [msgspec.convert(_values(view, exports, found.replays), DeadExportAnswer) for view in found.views]
    return DeadExportsAnswer(items, found.total, limit, offset)


def shown_export_answer(shown: ShownExport, exports: Exports) -> ShownExportAnswer:
    values = {**_values(shown.view, exports, shown.replays), "payload": dict(shown.payload)}
    return msgspec.convert(values, ShownExportAnswer)


def _values(view: ExportView, exports: Exports, replays: Replays) -> dict[str, Any]:
    is_dead = view.status is ExportStatus.DEAD and view.outbox_event_id is not None
    replayable = is_dead and replays.allow(view)
    host = view.target_url_host or exports.host_of("export")
    return {
        **msgspec.to_builtins(view),
        "target_url_host": host,
        "payload_summary": summary(view.event_type, None, host),
        "actions": list(export_actions(view.event_id, replayable=replayable)),
    }


def replayed_export_answer(event: OutboxEvent) -> ReplayedExportAnswer:
    return ReplayedExportAnswer(
        event_id=event.id,
        outbox_event_id=event.id,
        status="replaying",
        attempts=event.attempts,
        last_error_code=event.last_error,
        replay_count=event.replay_count,
        last_replayed_at=event.last_replayed_at,
        last_replayed_by=event.last_replayed_by,
        status_url=f"{OUTBOX}/{event.id}",
    )
