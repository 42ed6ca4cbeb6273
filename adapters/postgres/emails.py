from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Text, Uuid, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.delivery import email_events, outbox_events
from application.ports.emails import EmailFilter, EmailPosition
from domain.delivery.email_event import EmailEvent, EmailStatus
from domain.shared.ids import EventId

EMAIL = [column for column in email_events.c if column.name not in {"org_id", "recipient_norm"}]
_CHANGING = (
    "template_version",
    "subject",
    "status",
    "provider_message_id",
    "sent_at",
    "delivered_at",
    "bounced_at",
)
NEWEST = select(*EMAIL).order_by(email_events.c.created_at.desc(), email_events.c.event_id.desc())
FIND = select(*EMAIL).where(email_events.c.event_id == bindparam("event_id"))
FIND_MANY = select(*EMAIL).where(email_events.c.event_id == bindparam("event_ids", type_=ARRAY(Uuid)).any_())
VALUES = select(outbox_events.c.event_id, outbox_events.c.payload).where(
    outbox_events.c.event_id == bindparam("event_ids", type_=ARRAY(Uuid)).any_(),
    outbox_events.c.kind == "email",
    outbox_events.c.leases_lost == 0,
)
SAVE = (
    update(email_events)
    .where(email_events.c.event_id == bindparam("saved_event_id"))
    .values({name: bindparam(name) for name in _CHANGING})
)
COUNT_EARLIER = (
    select(func.count())
    .select_from(email_events)
    .where(
        email_events.c.recipient_norm == bindparam("recipient_norm"),
        email_events.c.created_at > bindparam("since"),
        tuple_(email_events.c.created_at, email_events.c.event_id)
        < tuple_(bindparam("created_at"), bindparam("event_id")),
        email_events.c.email_type == bindparam("email_types", type_=ARRAY(Text)).any_(),
        email_events.c.status.not_in(["skipped", "suppressed", "withdrawn"]),
    )
)


@dataclass(frozen=True, slots=True)
class PostgresEmailEvents:
    connection: AsyncConnection

    async def find(self, event_id: EventId) -> EmailEvent | None:
        row = (await self.connection.execute(FIND, {"event_id": event_id})).one_or_none()
        return None if row is None else _email(row)

    async def find_many(self, event_ids: Sequence[EventId]) -> Mapping[EventId, EmailEvent]:
        rows = await self.connection.execute(FIND_MANY, {"event_ids": list(event_ids)})
        return {email.event_id: email for email in map(_email, rows)}

    async def values_of(self, event_ids: Sequence[EventId]) -> Mapping[EventId, Mapping[str, object]]:
        rows = await self.connection.execute(VALUES, {"event_ids": list(event_ids)})
        return {row.event_id: row.payload for row in rows if row.payload and isinstance(row.payload, dict)}

    async def save(self, email: EmailEvent) -> None:
        await self.save_many([email])

    async def save_many(self, emails: Sequence[EmailEvent]) -> None:
        changes = [
            {"saved_event_id": email.event_id, **{name: getattr(email, name) for name in _CHANGING}}
            for email in emails
        ]
        if changes:
            await self.connection.execute(SAVE, changes)

    async def count_earlier(self, email: EmailEvent, email_types: Sequence[str], within: timedelta) -> int:
        bounds = {
            "recipient_norm": email.recipient.lower(),
            "since": email.created_at - within,
            "created_at": email.created_at,
            "event_id": email.event_id,
            "email_types": list(email_types),
        }
        return int((await self.connection.execute(COUNT_EARLIER, bounds)).scalar_one())

    async def list_page(
        self, wanted: EmailFilter, after: EmailPosition | None, limit: int
    ) -> Sequence[EmailEvent]:
        found = NEWEST.limit(limit)
        for name in (field.name for field in fields(wanted)):
            if (value := getattr(wanted, name)) is not None:
                found = found.where(email_events.c[name] == value)
        if after is not None:
            place = tuple_(email_events.c.created_at, email_events.c.event_id)
            found = found.where(place < (after.created_at, after.event_id))
        return [_email(row) for row in await self.connection.execute(found)]


def _email(row: Row[*tuple[Any, ...]]) -> EmailEvent:
    values = dict(row._mapping)  # the documented way to a row's names
    return EmailEvent(**{**values, "status": EmailStatus(values["status"])})
