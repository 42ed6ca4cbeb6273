"""Claiming and settling: the side of the outbox that runners see.

A batch is one statement, however many messages it has: its values travel as an array for each column.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Integer,
    Row,
    Select,
    TableValuedAlias,
    Text,
    Update,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.hot_read import HotRead
from adapters.postgres.tables.delivery import outbox_attempts, outbox_events
from application.ports.outbox import DueMessage
from domain.delivery.attempt import Attempt, AttemptOutcome
from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, OrgId

_SETTLED_ONCE = {"org_id", "event_id"}
_NEVER_CHANGED = _SETTLED_ONCE | {
    "kind",
    "event_type",
    "dedupe_key",
    "resource_type",
    "resource_id",
    "payload",
    "expires_at",
    "created_at",
    "request_id",
    "traceparent",
}
EVENT = [column for column in outbox_events.c if column.name != "org_id"]
CHANGING = [column for column in outbox_events.c if column.name not in _NEVER_CHANGED]
ATTEMPT = [column for column in outbox_attempts.c if column.name != "org_id"]


def _given(*columns: Column[Any]) -> TableValuedAlias:
    """Rows handed over as arrays: each column's is a parameter under its name with an s."""
    arrays = (bindparam(f"{c.name}s", type_=ARRAY(c.type, dimensions=1)) for c in columns)
    named = (column(c.name, c.type) for c in columns)
    return func.unnest(*arrays).table_valued(*named).render_derived("given")


_ids = bindparam("event_ids", type_=ARRAY(Uuid))
LOCK = (
    select(*EVENT)
    .where(outbox_events.c.event_id == _ids.any_())
    .order_by(outbox_events.c.event_id)
    .with_for_update(key_share=True)
)
_now = bindparam("now", type_=outbox_events.c.created_at.type)
_leased_until = outbox_events.c.lease_expires_at
_due = (outbox_events.c.next_attempt_at <= _now) & (_leased_until.is_(None) | (_leased_until <= _now))
_earliest = (outbox_events.c.next_attempt_at, outbox_events.c.event_id)
_most = bindparam("most", type_=Integer)
_lock_due = (
    select(*EVENT)
    .where(_due, outbox_events.c.event_id != bindparam("not_these", type_=ARRAY(Uuid)).all_())
    .order_by(*_earliest)
    .limit(_most)
    .with_for_update(key_share=True, skip_locked=True)
)
LOCK_DUE = HotRead.of(_lock_due)
DUE_IDS = select(outbox_events.c.event_id).where(_due).order_by(*_earliest).limit(_most)


def _of_each_kind(found: Select[Any]) -> Select[Any]:
    """The earliest of all, out of the earliest of each kind: however many of the others must wait.

    Equal kinds would say nothing about the order, and the index of all kinds would do (migration 0028)."""
    wanted = func.unnest(bindparam("kinds", type_=ARRAY(Text))).table_valued(column("kind", Text))
    wanted = wanted.render_derived("wanted")
    place = tuple_(outbox_events.c.kind, outbox_events.c.next_attempt_at)
    first = literal_column("'-infinity'::timestamptz", _now.type)
    of_kind = found.where(
        place >= tuple_(wanted.c.kind, first), place <= tuple_(wanted.c.kind, _now)
    ).order_by(None)
    head = of_kind.order_by(outbox_events.c.kind, *_earliest).lateral("head")
    return (
        select(*head.c)
        .select_from(wanted.join(head, literal_column("true")))
        .order_by(head.c.next_attempt_at, head.c.event_id)
        .limit(_most)
    )


LOCK_DUE_OF = HotRead.of(_of_each_kind(_lock_due))
DUE_IDS_OF = _of_each_kind(DUE_IDS.add_columns(outbox_events.c.next_attempt_at))
GET = select(*EVENT).where(outbox_events.c.event_id == bindparam("event_id"))
_event_id, _held_token = outbox_events.c.event_id, Column("held_token", Uuid)


def _saving(given: TableValuedAlias) -> Update:
    return (
        update(outbox_events)
        .where(outbox_events.c.event_id == given.c.event_id)
        .values({c.name: given.c[c.name] for c in CHANGING})
    )


SAVE = HotRead.of(_saving(_given(_event_id, *CHANGING)))
_held = _given(_event_id, *CHANGING, _held_token)
SAVE_HELD = HotRead.of(
    _saving(_held)
    .where(
        outbox_events.c.lease_token == _held.c.held_token,
        outbox_events.c.lease_expires_at > bindparam("now"),
    )
    .returning(_event_id)
)
_tried = _given(*ATTEMPT)
_written = insert(outbox_attempts).from_select([c.name for c in ATTEMPT], select(*_tried.c))
RECORD = HotRead.of(
    _written.on_conflict_do_update(
        constraint="outbox_attempts_pkey",
        set_={
            column.name: _written.excluded[column.name]
            for column in ATTEMPT
            if column.name not in {"event_id", "attempt", "started_at", "runner"}
        },
        where=(outbox_attempts.c.outcome == literal_column("'lost'"))
        & (_written.excluded.outcome == literal_column("'late'")),
    )
)
ATTEMPTS = (
    select(*ATTEMPT)
    .where(outbox_attempts.c.event_id == bindparam("event_id"))
    .order_by(outbox_attempts.c.attempt)
)
_BOUNDS = ("after", "orgs", "per_org")
DUE = HotRead("select org_id, event_id from outbox_due($1, $2, $3, $4)", ("now", *_BOUNDS))
HELD = HotRead("select org_id, event_id from outbox_held_by($1, $2, $3)", ("runners", "kinds", "now"))
DUE_OF = HotRead("select org_id, event_id from outbox_due_of($1, $2, $3, $4, $5)", ("now", "kinds", *_BOUNDS))


@dataclass(frozen=True, slots=True)
class PostgresOutboxQueue:
    connection: AsyncConnection

    async def lock_due(
        self,
        now: datetime,
        *,
        limit: int,
        kinds: Sequence[str] | None = None,
        not_these: Collection[EventId] = (),
    ) -> list[OutboxEvent]:
        asked = {"now": now, "most": limit, "not_these": list(not_these)}
        if kinds is None:
            rows = await LOCK_DUE.rows(self.connection, asked)
        else:
            rows = await LOCK_DUE_OF.rows(self.connection, {**asked, "kinds": list(kinds)})
        return [_event_of(dict(row)) for row in rows]

    async def due_ids(
        self, now: datetime, *, kinds: Sequence[str] | None = None, limit: int
    ) -> list[EventId]:
        asked = {"now": now, "most": limit}
        if kinds is None:
            found = await self.connection.execute(DUE_IDS, asked)
        else:
            found = await self.connection.execute(DUE_IDS_OF, {**asked, "kinds": list(kinds)})
        return [EventId(event_id) for event_id in found.scalars()]

    async def lock(self, event_ids: Sequence[EventId]) -> dict[EventId, OutboxEvent]:
        rows = await self.connection.execute(LOCK, {"event_ids": list(event_ids)})
        return {event.id: event for event in map(to_event, rows)}

    async def get(self, event_id: EventId) -> OutboxEvent:
        row = (await self.connection.execute(GET, {"event_id": event_id})).one_or_none()
        if row is None:
            raise NotFound
        return to_event(row)

    async def save(self, events: Iterable[OutboxEvent]) -> None:
        saved = list(events)
        if saved:
            await SAVE.rows(self.connection, _changes(saved))

    async def save_held(self, events: Mapping[UUID, OutboxEvent], now: datetime) -> set[EventId]:
        changes = {**_changes(list(events.values())), "held_tokens": list(events), "now": now}
        rows = await SAVE_HELD.rows(self.connection, changes) if events else ()
        return {EventId(row["event_id"]) for row in rows}

    async def record(self, attempts: Iterable[Attempt]) -> None:
        written = list(attempts)
        if written:
            await RECORD.rows(self.connection, _columns(ATTEMPT, written))

    async def attempts(self, event_id: EventId) -> list[Attempt]:
        rows = await self.connection.execute(ATTEMPTS, {"event_id": event_id})
        return [_to_attempt(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresDueMessages:
    connection: AsyncConnection

    async def list_due(
        self,
        now: datetime,
        *,
        after: OrgId | None,
        orgs: int,
        per_org: int,
        kinds: Sequence[str] | None = None,
    ) -> list[DueMessage]:
        bounds = {"now": now, "after": after, "orgs": orgs, "per_org": per_org}
        if kinds is None:
            rows = await DUE.rows(self.connection, bounds)
        else:
            rows = await DUE_OF.rows(self.connection, {**bounds, "kinds": list(kinds)})
        return [DueMessage(OrgId(org_id), EventId(event_id)) for org_id, event_id in rows]

    async def list_held(
        self, runners: Sequence[str], now: datetime, *, kinds: Sequence[str]
    ) -> list[DueMessage]:
        asked = {"runners": list(runners), "kinds": list(kinds), "now": now}
        rows = await HELD.rows(self.connection, asked)
        return [DueMessage(OrgId(org_id), EventId(event_id)) for org_id, event_id in rows]


def to_event(row: Row[Any]) -> OutboxEvent:
    return _event_of(dict(row._mapping))  # the documented way to a row's names


def _event_of(fields: dict[str, Any]) -> OutboxEvent:
    fields["id"] = fields.pop("event_id")
    fields["status"] = EventStatus(fields["status"])
    fields["outcome"] = EventOutcome(fields["outcome"]) if fields["outcome"] else None
    if not isinstance(fields["payload"], dict):  # not of our writing, and no reason to hold up the others
        fields["payload"] = {}
    return OutboxEvent(**fields)


def _to_attempt(row: Row[Any]) -> Attempt:
    fields = dict(row._mapping)  # the documented way to a row's names
    fields["outcome"] = AttemptOutcome(fields["outcome"])
    return Attempt(**fields)


def _changes(events: Sequence[OutboxEvent]) -> dict[str, Any]:
    return {"event_ids": [event.id for event in events], **_columns(CHANGING, events)}


def _columns(columns: Sequence[Column[Any]], rows: Sequence[object]) -> dict[str, Any]:
    return {f"{c.name}s": [getattr(row, c.name) for row in rows] for c in columns}
