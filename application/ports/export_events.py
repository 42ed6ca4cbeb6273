from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.delivery.export_event import ExportEvent, ExportMode, ExportStatus
from domain.shared.ids import EventId, LeadId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """An export as people may read it, without what it says; and whether that is still there."""

    event_id: EventId
    outbox_event_id: EventId | None
    lead_id: LeadId | None
    mode: ExportMode
    event_type: str
    status: ExportStatus
    target_url_host: str | None
    row_count: int | None
    attempts: int
    last_error_code: str | None
    created_at: datetime
    dead_at: datetime | None
    replay_count: int
    last_replayed_at: datetime | None
    last_replayed_by: UUID | None
    expires_at: datetime | None  # of its message
    has_payload: bool

    @property
    def kind(self) -> str:
        """Of its message."""
        return "export"

    @property
    def last_error(self) -> str | None:
        return self.last_error_code


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilter:
    """What is not given is not asked for."""

    mode: ExportMode | None = None
    status: ExportStatus | None = None


@dataclass(frozen=True, slots=True)
class ExportPosition:
    """Where a page ended, in the order newest first, then by id, backwards too."""

    created_at: datetime
    event_id: EventId


class ExportEvents(Protocol):
    """The organisation's exports that could not leave or wait to be fetched. Those whose message is on its
    way for the first time, or arrived at once, are not here."""

    async def store(self, export: ExportEvent) -> EventId:
        """A known dedupe key writes nothing and answers the first one's id."""

    async def find(self, event_id: EventId) -> ExportEvent | None:
        """Without what a message says."""

    async def save(self, export: ExportEvent) -> None:
        """Insert or overwrite."""

    async def view(self, event_id: EventId) -> ExportView:
        """Raises NotFound, also for another organisation's."""

    async def content(self, event_id: EventId) -> Mapping[str, object] | None:
        """What it says, its message's words if it has one; None once that was erased. Raises NotFound."""

    async def list_page(
        self, wanted: ExportFilter, after: ExportPosition | None, limit: int
    ) -> Sequence[ExportView]:
        """Newest first."""

    async def list_range(self, wanted: ExportFilter, *, limit: int, offset: int) -> Sequence[ExportView]:
        """In the same order, by number."""

    async def count(self, wanted: ExportFilter) -> int: ...
