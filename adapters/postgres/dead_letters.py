"""What could not be delivered. Statements name the state as the partial indexes `outbox_events_dead` and
`export_events_dead` do."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Boolean, Integer, Row, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.outbox_queue import EVENT, to_event
from adapters.postgres.tables.delivery import outbox_events as o
from application.ports.dead_letters import DeadLetter, DeadLetterPage, DeadSelection, Half
from domain.delivery.outbox_event import OutboxEvent

NAMES = tuple(field.name for field in fields(DeadLetter))
QUEUE = text("""
    with counts as (
        select (select count(*) from outbox_events where status = 'dead' and kind <> 'export')
                   as outbox_count,
               (select count(*) from export_events where status = 'dead') as export_count
    ), page as (
        select * from (
            (select 'outbox' as half, event_id, kind as channel, event_type, attempts, last_error, created_at,
                    dead_at, expires_at, resource_type, resource_id,
                    case when kind = 'email' then payload ->> 'to' end as recipient, null as target_host,
                    pg_column_size(payload) > 8 as has_payload, replay_count
               from outbox_events where status = 'dead' and kind <> 'export' and :outbox
              order by created_at desc, event_id limit :reach)
            union all
            (select 'export', e.event_id, 'export', e.event_type, e.attempts, e.last_error_code, e.created_at,
                    coalesce(e.dead_at, e.created_at), m.expires_at,
                    coalesce(m.resource_type, case when e.lead_id is not null then 'lead' end),
                    coalesce(m.resource_id, e.lead_id), null, e.target_url_host,
                    coalesce(pg_column_size(m.payload) > 8, false), e.replay_count
               from export_events e
               left join outbox_events m on m.org_id = e.org_id and m.event_id = e.outbox_event_id
              where e.status = 'dead' and :export
              order by e.created_at desc, e.event_id limit :reach)
        ) both_halves
        order by created_at desc, half collate "C", event_id limit :most offset :skipped
    )
    select counts.*, page.* from counts left join page on true
     order by page.created_at desc, page.half collate "C", page.event_id
""").bindparams(
    *(bindparam(name, type_=Boolean) for name in ("outbox", "export")),
    *(bindparam(name, type_=Integer) for name in ("reach", "most", "skipped")),
)
"""Each half follows its index as far as the page reaches; on an empty page the counts stand alone."""
DEAD = (
    select(*EVENT)
    .where(o.c.status == bindparam(None, "dead", literal_execute=True))
    .order_by(o.c.created_at, o.c.event_id)
    .with_for_update(key_share=True, skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class PostgresDeadLetters:
    connection: AsyncConnection

    async def page(self, halves: frozenset[Half], *, limit: int, offset: int) -> DeadLetterPage:
        bounds = {
            "outbox": "outbox" in halves,
            "export": "export" in halves,
            "reach": offset + limit,
            "most": limit,
            "skipped": offset,
        }
        rows = (await self.connection.execute(QUEUE, bounds)).all()
        items = [_letter(row) for row in rows if row.event_id is not None]
        return DeadLetterPage(items, rows[0].outbox_count, rows[0].export_count)

    async def lock(self, selection: DeadSelection) -> list[OutboxEvent]:
        found = DEAD.limit(selection.limit)
        if selection.event_ids is not None:
            found = found.where(o.c.event_id.in_(selection.event_ids))
        for name in ("kind", "last_error"):
            if (value := getattr(selection, name)) is not None:
                found = found.where(o.c[name] == value)
        if selection.dead_from is not None:
            found = found.where(o.c.dead_at >= selection.dead_from)
        if selection.dead_before is not None:
            found = found.where(o.c.dead_at < selection.dead_before)
        return [to_event(row) for row in await self.connection.execute(found)]


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(**{name: getattr(row, name) for name in NAMES})
