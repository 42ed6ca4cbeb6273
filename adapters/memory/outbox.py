from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.outbox import RESENDS, DueMessage, Message, untraced
from domain.delivery.attempt import Attempt, AttemptOutcome
from domain.delivery.email_event import EmailEvent
from domain.delivery.outbox_event import EventOutcome, OutboxEvent
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, EventId, LeadId, OrgId


@dataclass(frozen=True, slots=True)
class MemoryOutbox:
    rows: dict[EventId, OutboxEvent]
    emails: dict[EventId, EmailEvent]
    clock: Clock
    ids: Identifiers
    traceparent: Callable[[], str] = untraced

    async def add(self, message: Message, *, request_id: str = "") -> EventId:
        for event_id, row in self.rows.items():
            if row.dedupe_key == message.dedupe_key:
                return event_id
        event = _enqueued(message, EventId(self.ids.new()), self.clock.now(), request_id)
        event = replace(event, traceparent=self.traceparent())
        self.rows[event.id] = event
        if event.kind == "email":
            self.emails[event.id] = _queued_mail(event, message)
        return event.id

    async def add_many(self, messages: Sequence[Message], *, request_id: str = "") -> None:
        for message in messages:
            await self.add(message, request_id=request_id)

    async def withdraw_many(self, dedupe_key_prefixes: Sequence[str]) -> None:
        for prefix in dedupe_key_prefixes:
            await self.withdraw(prefix)

    async def withdraw(self, dedupe_key_prefix: str) -> int:
        return self._withdraw(row for row in self._unsent() if row.dedupe_key.startswith(dedupe_key_prefix))

    async def withdraw_resends(self, booking_ids: Sequence[UUID], event_types: Sequence[str]) -> None:
        self._withdraw(
            row
            for row in self._unsent()
            if row.dedupe_key.startswith(RESENDS)
            and row.resource_id in booking_ids
            and row.event_type in event_types
        )

    async def outdate(self, booking_ids: Sequence[UUID], event_types: Sequence[str]) -> None:
        for row in list(self.rows.values()):
            if row.resource_id in booking_ids and row.event_type in event_types:
                self.rows[row.id] = row.outdate(self.clock.now())

    def _unsent(self) -> list[OutboxEvent]:
        return [row for row in self.rows.values() if not row.is_settled]

    def _withdraw(self, rows: Iterable[OutboxEvent]) -> int:
        unsent = list(rows)
        for row in unsent:
            settled = row.settle(EventOutcome.WITHDRAWN, self.clock.now())
            self.rows[row.id] = settled
            if (email := self.emails.get(row.id)) is not None:
                self.emails[row.id] = email.follow(settled)
        return len(unsent)


def _enqueued(message: Message, event_id: EventId, now: datetime, request_id: str) -> OutboxEvent:
    return OutboxEvent(
        id=event_id,
        kind=message.kind,
        event_type=message.event_type,
        dedupe_key=message.dedupe_key,
        resource_type=message.resource_type,
        resource_id=message.resource_id,
        payload=dict(message.payload),
        secret_sealed=message.secret_sealed,
        next_attempt_at=now,
        expires_at=message.expires_at,
        created_at=now,
        request_id=request_id,
    )


def _queued_mail(event: OutboxEvent, message: Message) -> EmailEvent:
    about = event.resource_id
    return EmailEvent(
        event_id=event.id,
        email_type=event.event_type,
        lead_id=LeadId(about) if about and event.resource_type == "lead" else message.lead_id,
        booking_id=BookingId(about) if about and event.resource_type == "booking" else None,
        invoice_id=about if event.resource_type == "invoice" else None,
        recipient=str(event.payload.get("to") or ""),
        resend_of=message.resend_of,
        created_at=event.created_at,
    )


@dataclass(frozen=True, slots=True)
class MemoryOutboxQueue:
    rows: dict[EventId, OutboxEvent]
    tried: dict[tuple[EventId, int], Attempt]

    async def lock_due(
        self,
        now: datetime,
        *,
        limit: int,
        kinds: Sequence[str] | None = None,
        not_these: Collection[EventId] = (),
    ) -> list[OutboxEvent]:
        return [row for row in self._due(now, kinds) if row.id not in not_these][:limit]

    async def due_ids(
        self, now: datetime, *, kinds: Sequence[str] | None = None, limit: int
    ) -> list[EventId]:
        return [row.id for row in self._due(now, kinds)[:limit]]

    def _due(self, now: datetime, kinds: Sequence[str] | None) -> list[OutboxEvent]:
        return sorted((row for row in self.rows.values() if _is_due_of(row, now, kinds)), key=_when_due)

    async def lock(self, event_ids: Sequence[EventId]) -> dict[EventId, OutboxEvent]:
        return {i: self.rows[i] for i in event_ids if i in self.rows}

    async def get(self, event_id: EventId) -> OutboxEvent:
        if event_id not in self.rows:
            raise NotFound
        return self.rows[event_id]

    async def save(self, events: Iterable[OutboxEvent]) -> None:
        self.rows.update({event.id: event for event in events})

    async def save_held(self, events: Mapping[UUID, OutboxEvent], now: datetime) -> set[EventId]:
        held = {event.id: event for token, event in events.items() if self._is_held(event.id, token, now)}
        self.rows.update(held)
        return set(held)

    def _is_held(self, event_id: EventId, token: UUID, now: datetime) -> bool:
        row = self.rows.get(event_id)
        return row is not None and row.is_held(token, now)

    async def record(self, attempts: Iterable[Attempt]) -> None:
        for attempt in attempts:
            known = self.tried.get((attempt.event_id, attempt.attempt))
            if known is None or (known.outcome, attempt.outcome) == (
                AttemptOutcome.LOST,
                AttemptOutcome.LATE,
            ):
                self.tried[attempt.event_id, attempt.attempt] = attempt

    async def attempts(self, event_id: EventId) -> list[Attempt]:
        return sorted(
            (a for (of, _), a in self.tried.items() if of == event_id), key=lambda each: each.attempt
        )


@dataclass(frozen=True, slots=True)
class MemoryDueMessages:
    """Reads what has been committed, of every organisation."""

    rows_by_org: Mapping[OrgId, Mapping[EventId, OutboxEvent]]

    async def list_due(
        self,
        now: datetime,
        *,
        after: OrgId | None,
        orgs: int,
        per_org: int,
        kinds: Sequence[str] | None = None,
    ) -> list[DueMessage]:
        due_by_org = {
            org_id: sorted((row for row in rows.values() if _is_due_of(row, now, kinds)), key=_when_due)
            for org_id, rows in sorted(self.rows_by_org.items())
            if after is None or org_id > after
        }
        with_due = [(org_id, due) for org_id, due in due_by_org.items() if due][:orgs]
        return [DueMessage(org_id, row.id) for org_id, due in with_due for row in due[:per_org]]

    async def list_held(
        self, runners: Sequence[str], now: datetime, *, kinds: Sequence[str]
    ) -> list[DueMessage]:
        return [
            DueMessage(org_id, row.id)
            for org_id, rows in sorted(self.rows_by_org.items())
            for row in sorted(rows.values(), key=lambda each: each.id)
            if row.is_leased(now) and row.lease_runner in runners and row.kind in kinds
        ]


def _is_due_of(row: OutboxEvent, now: datetime, kinds: Sequence[str] | None) -> bool:
    return row.is_due(now) and (kinds is None or row.kind in kinds)


def _when_due(event: OutboxEvent) -> tuple[datetime, UUID]:
    return event.next_attempt_at or event.created_at, event.id
