"""Exports as people read them. What one with a message says is read from its message, and only when asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.outbox_views import HAS_PAYLOAD
from adapters.postgres.tables.delivery import export_events as e
from adapters.postgres.tables.delivery import outbox_events as o
from application.ports.export_events import ExportFilter, ExportPosition, ExportView
from domain.delivery.export_event import ExportEvent, ExportMode, ExportStatus
from domain.shared.errors import NotFound
from domain.shared.ids import EventId

FIELDS = tuple("event_id" if field.name == "id" else field.name for field in fields(ExportEvent))
EXPORT = tuple(e.c[name] for name in FIELDS)
WITH_MESSAGE = e.outerjoin(o, (o.c.org_id == e.c.org_id) & (o.c.event_id == e.c.outbox_event_id))
COMPUTED: dict[str, ColumnElement[Any]] = {
    "expires_at": o.c.expires_at,
    "has_payload": case(
        (e.c.outbox_event_id.is_(None), e.c.payload.is_not(None)), else_=HAS_PAYLOAD.element
    ).label("has_payload"),
}
NAMES = tuple(field.name for field in fields(ExportView))
VIEW = tuple(COMPUTED[name] if name in COMPUTED else e.c[name] for name in NAMES)
NEWEST = select(*VIEW).select_from(WITH_MESSAGE).order_by(e.c.created_at.desc(), e.c.event_id.desc())
GET = select(*VIEW).select_from(WITH_MESSAGE).where(e.c.event_id == bindparam("wanted"))
CONTENT = (
    select(e.c.outbox_event_id, e.c.payload, o.c.payload)
    .select_from(WITH_MESSAGE)
    .where(e.c.event_id == bindparam("wanted"))
)
FIND = select(*EXPORT).where(e.c.event_id == bindparam("wanted"))
COUNT = select(func.count()).select_from(e)
STORE = insert(e).on_conflict_do_nothing(constraint="export_events_dedupe_key").returning(e.c.event_id)
FIRST = select(e.c.event_id).where(e.c.dedupe_key == bindparam("known_key"))
_saved = insert(e)
SAVE = _saved.on_conflict_do_update(
    constraint="export_events_pkey",
    set_={name: _saved.excluded[name] for name in FIELDS if name != "event_id"},
)


@dataclass(frozen=True, slots=True)
class PostgresExportEvents:
    connection: AsyncConnection

    async def store(self, export: ExportEvent) -> EventId:
        event_id = (await self.connection.execute(STORE, _row_of(export))).scalar_one_or_none()
        if event_id is None:
            first = await self.connection.execute(FIRST, {"known_key": export.dedupe_key})
            event_id = first.scalar_one()
        return EventId(event_id)

    async def find(self, event_id: EventId) -> ExportEvent | None:
        row = (await self.connection.execute(FIND, {"wanted": event_id})).one_or_none()
        return None if row is None else _to_export(row)

    async def save(self, export: ExportEvent) -> None:
        await self.connection.execute(SAVE, _row_of(export))

    async def view(self, event_id: EventId) -> ExportView:
        row = (await self.connection.execute(GET, {"wanted": event_id})).one_or_none()
        if row is None:
            raise NotFound("event_id")
        return _to_view(row)

    async def content(self, event_id: EventId) -> Mapping[str, object] | None:
        row = (await self.connection.execute(CONTENT, {"wanted": event_id})).one_or_none()
        if row is None:
            raise NotFound("event_id")
        message_id, own, said = row
        content = own if message_id is None else said
        return content if content and isinstance(content, dict) else None

    async def list_page(
        self, wanted: ExportFilter, after: ExportPosition | None, limit: int
    ) -> Sequence[ExportView]:
        found = _wanted(NEWEST, wanted).limit(limit)
        if after is not None:
            found = found.where(tuple_(e.c.created_at, e.c.event_id) < (after.created_at, after.event_id))
        return [_to_view(row) for row in await self.connection.execute(found)]

    async def list_range(self, wanted: ExportFilter, *, limit: int, offset: int) -> Sequence[ExportView]:
        found = _wanted(NEWEST, wanted).limit(limit).offset(offset)
        return [_to_view(row) for row in await self.connection.execute(found)]

    async def count(self, wanted: ExportFilter) -> int:
        return int((await self.connection.execute(_wanted(COUNT, wanted))).scalar_one())


def _wanted(found: Select[Any], wanted: ExportFilter) -> Select[Any]:
    """A state is written out: a partial index serves only who names it."""
    if wanted.status is not None:
        found = found.where(e.c.status == bindparam(None, wanted.status.value, literal_execute=True))
    return found if wanted.mode is None else found.where(e.c.mode == wanted.mode)


def _row_of(export: ExportEvent) -> dict[str, Any]:
    row = {name: getattr(export, "id" if name == "event_id" else name) for name in FIELDS}
    return {**row, "payload": None if export.payload is None else dict(export.payload)}


def _to_export(row: Row[Any]) -> ExportEvent:
    values = dict(zip(FIELDS, row, strict=True))
    values["id"] = values.pop("event_id")
    return ExportEvent(**_words(values))


def _to_view(row: Row[Any]) -> ExportView:
    return ExportView(**_words(dict(zip(NAMES, row, strict=True))))


def _words(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "mode": ExportMode(values["mode"]), "status": ExportStatus(values["status"])}
