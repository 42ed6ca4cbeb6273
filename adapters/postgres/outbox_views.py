"""The outbox as people read it. A payload never leaves the database here: an export's may be 8 MiB."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.delivery import outbox_events as o
from application.ports.outbox_views import MessageFilter, MessagePosition, MessageView
from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.shared.errors import NotFound
from domain.shared.ids import EventId

EMPTY_BYTES = 8
"""Of an empty JSON object; its size is known without reading it."""
RECIPIENT = case((o.c.kind == "email", o.c.payload["to"].astext)).label("recipient")
HAS_PAYLOAD = (func.pg_column_size(o.c.payload) > EMPTY_BYTES).label("has_payload")
COMPUTED: dict[str, ColumnElement[Any]] = {"recipient": RECIPIENT, "has_payload": HAS_PAYLOAD}
NAMES = tuple(field.name for field in fields(MessageView))
VIEW = tuple(COMPUTED[name] if name in COMPUTED else o.c[name] for name in NAMES)
ASKED = tuple(field.name for field in fields(MessageFilter))
GET = select(*VIEW).where(o.c.event_id == bindparam("wanted"))
MANY = select(*VIEW).where(o.c.event_id == bindparam("wanted", type_=ARRAY(Uuid)).any_())
NEWEST = select(*VIEW).order_by(o.c.created_at.desc(), o.c.event_id.desc())
COUNT = select(func.count()).select_from(o)


@dataclass(frozen=True, slots=True)
class PostgresOutboxViews:
    connection: AsyncConnection

    async def get(self, event_id: EventId) -> MessageView:
        row = (await self.connection.execute(GET, {"wanted": event_id})).one_or_none()
        if row is None:
            raise NotFound("event_id")
        return to_view(row)

    async def find_many(self, event_ids: Collection[EventId]) -> Sequence[MessageView]:
        return [to_view(row) for row in await self.connection.execute(MANY, {"wanted": list(event_ids)})]

    async def list_page(
        self, wanted: MessageFilter, after: MessagePosition | None, limit: int
    ) -> Sequence[MessageView]:
        found = newest(wanted)
        if after is not None:
            found = found.where(tuple_(o.c.created_at, o.c.event_id) < (after.created_at, after.event_id))
        return [to_view(row) for row in await self.connection.execute(found.limit(limit))]

    async def list_range(self, wanted: MessageFilter, *, limit: int, offset: int) -> Sequence[MessageView]:
        found = newest(wanted).limit(limit).offset(offset)
        return [to_view(row) for row in await self.connection.execute(found)]

    async def count(self, wanted: MessageFilter) -> int:
        return int((await self.connection.execute(COUNT.where(*conditions(wanted)))).scalar_one())


def newest(wanted: MessageFilter) -> Select[Any]:
    return NEWEST.where(*conditions(wanted))


def conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    """A state is written out: a partial index serves only who names it."""
    given = {name: value for name in ASKED if (value := getattr(wanted, name)) is not None}
    status = given.pop("status", None)
    written = [o.c.status == bindparam(None, status.value, literal_execute=True)] if status else []
    return [*written, *(o.c[name] == value for name, value in given.items())]


def to_view(row: Sequence[Any]) -> MessageView:
    values = dict(zip(NAMES, row, strict=True))
    outcome = values["outcome"]
    values |= {
        "status": EventStatus(values["status"]),
        "outcome": None if outcome is None else EventOutcome(outcome),
    }
    return MessageView(**values)
