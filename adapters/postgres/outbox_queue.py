"""Claiming and settling: the side of the outbox that runners see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, Uuid, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

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
CHANGING = [column.name for column in outbox_events.c if column.name not in _NEVER_CHANGED]
ATTEMPT = [column for column in outbox_attempts.c if column.name != "org_id"]

_ids = bindparam("event_ids", type_=ARRAY(Uuid))
LOCK = (
    select(*EVENT)
    .where(outbox_events.c.event_id == _ids.any_())
    .order_by(outbox_events.c.event_id)
    .with_for_update(key_share=True)
)
LOCK_DUE = (
    select(*EVENT)
    .where(outbox_events.c.event_id == _ids.any_(), outbox_events.c.next_attempt_at <= bindparam("now"))
    .order_by(outbox_events.c.next_attempt_at, outbox_events.c.event_id)
    .with_for_update(key_share=True, skip_locked=True)
)
DUE_IDS = (
    select(outbox_events.c.event_id)
    .where(outbox_events.c.next_attempt_at <= bindparam("now"))
    .order_by(outbox_events.c.next_attempt_at, outbox_events.c.event_id)
    .limit(bindparam("most"))
)
_kinds = bindparam("kinds", type_=ARRAY(Text))
DUE_IDS_OF = DUE_IDS.where(outbox_events.c.kind == _kinds.any_())
GET = select(*EVENT).where(outbox_events.c.event_id == bindparam("event_id"))
SAVE = (
    update(outbox_events)
    .where(outbox_events.c.event_id == bindparam("saved_event_id"))
    .values({name: bindparam(name) for name in CHANGING})
)
_written = insert(outbox_attempts)
RECORD = _written.on_conflict_do_update(
    constraint="outbox_attempts_pkey",
    set_={
        column.name: _written.excluded[column.name]
        for column in ATTEMPT
        if column.name not in {"event_id", "attempt", "started_at", "runner"}
    },
    where=(outbox_attempts.c.outcome == "lost") & (_written.excluded.outcome == "late"),
)
ATTEMPTS = (
    select(*ATTEMPT)
    .where(outbox_attempts.c.event_id == bindparam("event_id"))
    .order_by(outbox_attempts.c.attempt)
)
DUE = text("select org_id, event_id from outbox_due(:now, :after, :orgs, :per_org)").bindparams(
    bindparam("now", type_=outbox_events.c.created_at.type), bindparam("after", type_=Uuid())
)
DUE_OF = text("select org_id, event_id from outbox_due_of(:now, :kinds, :after, :orgs, :per_org)").bindparams(
    bindparam("now", type_=outbox_events.c.created_at.type), bindparam("after", type_=Uuid()), _kinds
)


@dataclass(frozen=True, slots=True)
class PostgresOutboxQueue:
    connection: AsyncConnection

    async def lock_due(self, event_ids: Sequence[EventId], now: datetime) -> list[OutboxEvent]:
        rows = await self.connection.execute(LOCK_DUE, {"event_ids": list(event_ids), "now": now})
        return [to_event(row) for row in rows]

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
        rows = [_changes(event) for event in events]
        if rows:
            await self.connection.execute(SAVE, rows)

    async def record(self, attempts: Iterable[Attempt]) -> None:
        rows = [{column.name: getattr(attempt, column.name) for column in ATTEMPT} for attempt in attempts]
        if rows:
            await self.connection.execute(RECORD, rows)

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
            rows = await self.connection.execute(DUE, bounds)
        else:
            rows = await self.connection.execute(DUE_OF, {**bounds, "kinds": list(kinds)})
        return [DueMessage(OrgId(org_id), EventId(event_id)) for org_id, event_id in rows]


def to_event(row: Row[Any]) -> OutboxEvent:
    fields = dict(row._mapping)  # the documented way to a row's names
    fields["id"] = fields.pop("event_id")
    fields["status"] = EventStatus(fields["status"])
    fields["outcome"] = EventOutcome(fields["outcome"]) if fields["outcome"] else None
    return OutboxEvent(**fields)


def _to_attempt(row: Row[Any]) -> Attempt:
    fields = dict(row._mapping)  # the documented way to a row's names
    fields["outcome"] = AttemptOutcome(fields["outcome"])
    return Attempt(**fields)


def _changes(event: OutboxEvent) -> dict[str, Any]:
    return {"saved_event_id": event.id, **{name: getattr(event, name) for name in CHANGING}}
