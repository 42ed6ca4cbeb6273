"""Exports: what became of those that could not leave, and those that wait to be fetched."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Response
from litestar.params import FromPath, FromQuery

from application.delivery.read_exports import (
    ExportContent,
    ListExports,
    ListExportsHandler,
    ReadExportContent,
    ReadExportContentHandler,
)
from application.ports.export_events import ExportFilter, ExportPosition, ExportView
from domain.delivery.export_event import ExportMode, ExportStatus
from domain.identity.actor import Actor, Need
from domain.shared.ids import EventId
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get

EVENTS = "/v1/admin/exports/events"
CSV, JSON = "text/csv", "application/json"


class ExportAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    outbox_event_id: UUID | None
    lead_id: UUID | None
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
    actions: list[ActionAnswer]


class ExportsController(Controller):
    path = EVENTS
    tags = ["delivery"]

    @get(need=Need.FINANCE, admin_route=True, summary="Exports that are kept here, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListExportsHandler],
        mode: FromQuery[ExportMode | None] = None,
        status: FromQuery[ExportStatus | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[ExportAnswer]:
        """Of the finance office only `accounting_csv`."""
        place = read_instant_place(cursor, of="exports")
        after = None if place is None else ExportPosition(place[0], EventId(place[1]))
        page = await handler.handle(actor, ListExports(ExportFilter(mode=mode, status=status), after, limit))
        following = None if page.next is None else (page.next.created_at, page.next.event_id)
        items = [_answer(view) for view in page.views]
        return Page(items, write_instant_place(following, of="exports"))

    @get(
        "/{event_id:uuid}/content",
        need=Need.FINANCE,
        admin_route=True,
        summary="All that an export says: a table as CSV, anything else as JSON",
        problems=("not_found", "export_payload_unavailable"),
        media_type=(CSV, JSON),
    )
    async def content(
        self,
        event_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadExportContentHandler],
    ) -> Response[bytes]:
        """Of the finance office only `accounting_csv`. Who reads one is in the audit log."""
        return _file(await handler.handle(actor, ReadExportContent(EventId(event_id))))


def _answer(view: ExportView) -> ExportAnswer:
    href = f"{EVENTS}/{view.event_id}/content"
    actions = [ActionAnswer("content", "GET", href)] if view.has_payload else []
    return msgspec.convert({**msgspec.to_builtins(view), "actions": actions}, ExportAnswer)


def _file(content: ExportContent) -> Response[bytes]:
    view, said = content.view, content.said
    table = None if view.mode is ExportMode.WEBHOOK else _as_csv(said)
    body = msgspec.json.encode(said) if table is None else table
    ending, media_type = ("json", JSON) if table is None else ("csv", CSV)
    kind = re.sub(r"[^A-Za-z0-9._-]", "_", view.event_type)
    named = f'attachment; filename="{kind}-{view.event_id}.{ending}"'
    headers = {"content-disposition": named, "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def _as_csv(table: Mapping[str, Any]) -> bytes | None:
    """Cells are as they were stored, safe for a spreadsheet. None: it is no table."""
    if isinstance(whole := table.get("csv"), str):
        return whole.encode()
    if not {"columns", "rows"} <= table.keys():
        return None
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(table["columns"])
    writer.writerows(table["rows"])
    return written.getvalue().encode()
