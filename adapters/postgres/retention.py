"""What is past its time, class by class. A later class adds a `_Class` to `CLASSES`.

Statements repeat the words of the partial indexes `outbox_events_kept` and `email_events_kept`, so that what
was cleared long ago is not looked at again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.metadata import Instant
from domain.compliance.retention import RetentionClass

SETTLED_AT = "coalesce(dead_at, sent_at, last_replayed_at, created_at)"


@dataclass(frozen=True, slots=True)
class _Class:
    """`due` finds the rows, oldest first; `clear` takes them as `chosen` and answers how many there were."""

    count: TextClause
    clear: TextClause

    @classmethod
    def of(cls, columns: str, due: str, order: str, locked: str, deed: str) -> "_Class":
        """No input is in these texts."""
        chosen = f"select {columns} from {due} order by {order} limit :most for no key update {locked}"  # noqa: S608
        cleared = f"with chosen as materialized ({chosen}), {deed} select count(*) from chosen"  # noqa: S608
        return cls(_bound(f"select count(*) from {due}"), _bound(cleared, "most"))  # noqa: S608


def _bound(statement: str, *more: str) -> TextClause:
    return text(statement).bindparams(bindparam("cutoff", type_=Instant), *(bindparam(name) for name in more))


def _settled(status: str) -> _Class:
    """The key stays, so that what was sent once is never sent again; its attempts stay as long."""
    return _Class.of(
        "event_id",
        f"outbox_events where status = '{status}' and next_attempt_at is null and payload <> '{{}}'"
        f" and {SETTLED_AT} <= :cutoff",
        f"{SETTLED_AT}, event_id",
        "skip locked",
        "emptied as (update outbox_events o set payload = '{}', secret_sealed = null"
        " from chosen where o.event_id = chosen.event_id)",
    )


CLASSES: Mapping[RetentionClass, _Class] = {
    RetentionClass.OUTBOX: _settled("sent"),
    RetentionClass.OUTBOX_DEAD: _settled("dead"),
    RetentionClass.EMAIL_LOG: _Class.of(
        "event_id",
        "email_events where recipient <> '' and status <> 'queued' and created_at <= :cutoff",
        "created_at, event_id",
        "skip locked",
        "forgotten as (update email_events e set recipient = '', recipient_norm = '', subject = ''"
        " from chosen where e.event_id = chosen.event_id)",
    ),
    # What an export with a message says is in the message; one that is on its way still needs it.
    RetentionClass.EXPORTS: _Class.of(
        "e.event_id, e.outbox_event_id",
        "export_events e left join outbox_events m"
        " on m.org_id = e.org_id and m.event_id = e.outbox_event_id"
        " where e.created_at <= :cutoff"
        " and (e.payload is not null or (m.next_attempt_at is null and m.payload <> '{}'))",
        "e.created_at, e.event_id",
        "of e skip locked",
        "own as (update export_events e set payload = null from chosen where e.event_id = chosen.event_id),"
        " said as (update outbox_events o set payload = '{}' from chosen"
        " where o.event_id = chosen.outbox_event_id and o.next_attempt_at is null)",
    ),
    # An invitation that nobody took is no more than late: its user is still invited.
    RetentionClass.SESSIONS: _Class.of(
        "link_id",
        "mailed_links where least(used_at, voided_at,"
        " case when purpose <> 'invitation' then expires_at end) <= :cutoff",
        "created_at, link_id",
        "skip locked",
        "removed as (delete from mailed_links l using chosen where l.link_id = chosen.link_id)",
    ),
}


@dataclass(frozen=True, slots=True)
class PostgresRetention:
    connection: AsyncConnection

    async def count_due(self, kept: RetentionClass, cutoff: datetime) -> int:
        found = await self.connection.execute(CLASSES[kept].count, {"cutoff": cutoff})
        return int(found.scalar_one())

    async def clear(self, kept: RetentionClass, cutoff: datetime, limit: int) -> int:
        bounds = {"cutoff": cutoff, "most": limit}
        return int((await self.connection.execute(CLASSES[kept].clear, bounds)).scalar_one())
