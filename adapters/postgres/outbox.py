"""Enqueueing: the side of the outbox that use cases see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, bindparam, cast, collate, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from adapters.postgres.tables.delivery import email_events, outbox_events
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.outbox import RESENDS, Message, untraced
from domain.shared.ids import EventId

ENQUEUE = (
    insert(outbox_events)
    .on_conflict_do_nothing(constraint="outbox_events_dedupe_key")
    .returning(outbox_events.c.event_id)
)
FIRST = select(outbox_events.c.event_id).where(outbox_events.c.dedupe_key == bindparam("dedupe_key"))
QUEUE_MAIL = insert(email_events)

_key = collate(outbox_events.c.dedupe_key, "C")
LOCK_UNSENT = (
    select(outbox_events.c.event_id)
    .where(
        outbox_events.c.next_attempt_at.is_not(None),
        _key >= bindparam("first_key"),
        _key < bindparam("end_key"),
    )
    .order_by(outbox_events.c.event_id)
    .with_for_update(key_share=True)
)
_ranges = (
    func.unnest(cast(bindparam("first_keys"), ARRAY(Text)), cast(bindparam("end_keys"), ARRAY(Text)))
    .table_valued("first_key", "end_key", name="ranges")
    .render_derived()
)
LOCK_UNSENT_OF_MANY = (
    select(outbox_events.c.event_id)
    .select_from(_ranges.join(outbox_events, and_(_key >= _ranges.c.first_key, _key < _ranges.c.end_key)))
    .where(outbox_events.c.next_attempt_at.is_not(None))
    .order_by(outbox_events.c.event_id)
    .with_for_update(key_share=True, of=outbox_events)
)
LOCK_RESENDS = (
    select(outbox_events.c.event_id)
    .where(
        outbox_events.c.next_attempt_at.is_not(None),
        outbox_events.c.resource_type == "booking",
        outbox_events.c.resource_id == bindparam("booking_ids", type_=ARRAY(Uuid)).any_(),
        outbox_events.c.event_type == bindparam("event_types", type_=ARRAY(Text)).any_(),
        outbox_events.c.dedupe_key.startswith(RESENDS),
    )
    .order_by(outbox_events.c.event_id)
    .with_for_update(key_share=True)
)
OUTDATE = (
    update(outbox_events)
    .where(
        outbox_events.c.status == literal_column("'dead'"),
        or_(outbox_events.c.expires_at.is_(None), outbox_events.c.expires_at > bindparam("now")),
        outbox_events.c.resource_type == "booking",
        outbox_events.c.resource_id == bindparam("booking_ids", type_=ARRAY(Uuid)).any_(),
        outbox_events.c.event_type == bindparam("event_types", type_=ARRAY(Text)).any_(),
    )
    .values(expires_at=bindparam("now"))
)
_ids = bindparam("event_ids", type_=ARRAY(Uuid))
WITHDRAW = (
    update(outbox_events)
    .where(outbox_events.c.event_id == _ids.any_())
    .values(
        status="sent",
        outcome="withdrawn",
        next_attempt_at=None,
        last_error=None,
        secret_sealed=None,
        lease_token=None,
        lease_runner=None,
        lease_started_at=None,
        lease_expires_at=None,
    )
)
WITHDRAW_MAIL = update(email_events).where(email_events.c.event_id == _ids.any_()).values(status="withdrawn")


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    connection: AsyncConnection
    clock: Clock
    ids: Identifiers
    traceparent: Callable[[], str] = untraced

    async def add(self, message: Message, *, request_id: str = "") -> EventId:
        row = self._row(message, request_id)
        event_id = (await self.connection.execute(ENQUEUE, row)).scalar_one_or_none()
        if event_id is None:
            first = await self.connection.execute(FIRST, {"dedupe_key": message.dedupe_key})
            return EventId(first.scalar_one())
        if message.kind == "email":
            await self.connection.execute(QUEUE_MAIL, _mail_row(message, row))
        return EventId(event_id)

    async def add_many(self, messages: Sequence[Message], *, request_id: str = "") -> None:
        if not messages:
            return
        rows = [self._row(message, request_id) for message in messages]
        added = set((await self.connection.execute(ENQUEUE, rows)).scalars())
        mails = [
            _mail_row(message, row)
            for message, row in zip(messages, rows, strict=True)
            if message.kind == "email" and row["event_id"] in added
        ]
        if mails:
            await self.connection.execute(QUEUE_MAIL, mails)

    async def withdraw_many(self, dedupe_key_prefixes: Sequence[str]) -> None:
        bounds = {
            "first_keys": list(dedupe_key_prefixes),
            "end_keys": [_end_of(prefix) for prefix in dedupe_key_prefixes],
        }
        await self._withdraw((await self.connection.execute(LOCK_UNSENT_OF_MANY, bounds)).scalars().all())

    async def withdraw(self, dedupe_key_prefix: str) -> int:
        bounds = {"first_key": dedupe_key_prefix, "end_key": _end_of(dedupe_key_prefix)}
        event_ids = (await self.connection.execute(LOCK_UNSENT, bounds)).scalars().all()
        await self._withdraw(event_ids)
        return len(event_ids)

    async def withdraw_resends(self, booking_ids: Sequence[UUID], event_types: Sequence[str]) -> None:
        asked = {"booking_ids": list(booking_ids), "event_types": list(event_types)}
        await self._withdraw((await self.connection.execute(LOCK_RESENDS, asked)).scalars().all())

    async def outdate(self, booking_ids: Sequence[UUID], event_types: Sequence[str]) -> None:
        about = {"booking_ids": list(booking_ids), "event_types": list(event_types)}
        await self.connection.execute(OUTDATE, {**about, "now": self.clock.now()})

    async def _withdraw(self, event_ids: Sequence[UUID]) -> None:
        if event_ids:
            await self.connection.execute(WITHDRAW, {"event_ids": event_ids})
            await self.connection.execute(WITHDRAW_MAIL, {"event_ids": event_ids})

    def _row(self, message: Message, request_id: str) -> dict[str, Any]:
        now = self.clock.now()
        return {
            "event_id": self.ids.new(),
            "kind": message.kind,
            "event_type": message.event_type,
            "dedupe_key": message.dedupe_key,
            "resource_type": message.resource_type,
            "resource_id": message.resource_id,
            "payload": dict(message.payload),
            "secret_sealed": message.secret_sealed,
            "next_attempt_at": now,
            "expires_at": message.expires_at,
            "created_at": now,
            "request_id": request_id,
            "traceparent": self.traceparent(),
        }


def _end_of(prefix: str) -> str:
    """The first text behind all that begin so."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _mail_row(message: Message, row: dict[str, Any]) -> dict[str, Any]:
    about, resource = message.resource_id, message.resource_type
    recipient = str(message.payload.get("to") or "")
    return {
        "event_id": row["event_id"],
        "email_type": message.event_type,
        "lead_id": about if resource == "lead" else message.lead_id,
        "booking_id": about if resource == "booking" else None,
        "invoice_id": about if resource == "invoice" else None,
        "recipient": recipient,
        "recipient_norm": recipient.lower(),
        "resend_of": message.resend_of,
        "created_at": row["created_at"],
    }
