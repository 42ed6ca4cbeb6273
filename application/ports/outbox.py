import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.delivery.attempt import Attempt
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId, LeadId, OrgId

_LIMIT_BYTES = {"export": 8 * 1024 * 1024}
_USUAL_LIMIT_BYTES = 256 * 1024
RESENDS = "resend:"
"""How the dedupe keys begin of mails that are sent anew."""


def untraced() -> str:
    """Where no request is under way that said what it is part of (W3C `traceparent`)."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is to leave the system. `payload` is JSON: a template's values, or the body; at most 256 KiB
    (an export 8 MiB)."""

    kind: str  # email, webhook, export
    event_type: str  # a template (booking_confirmed) or an event (lead.created)
    dedupe_key: str  # ≤ 255, no personal data
    resource_type: str | None = None
    resource_id: UUID | None = None
    lead_id: LeadId | None = None  # whose client a mail is about, where it is about something else
    payload: Mapping[str, object] = field(default_factory=dict)
    secret_sealed: bytes | None = None  # see application.delivery.sealed; wiped when the row settles
    expires_at: datetime | None = None  # after it the message is pointless
    resend_of: EventId | None = None  # the mail that this one repeats with today's facts

    def __post_init__(self) -> None:
        if is_too_large(self.kind, self.payload):
            limit = _limit_of(self.kind)
            raise ValueError(f"The payload of a message of kind {self.kind} has at most {limit} bytes.")


def is_too_large(kind: str, payload: Mapping[str, object]) -> bool:
    written = json.dumps(dict(payload), ensure_ascii=False, separators=(",", ":"))
    return len(written.encode()) > _limit_of(kind)


def _limit_of(kind: str) -> int:
    return _LIMIT_BYTES.get(kind, _USUAL_LIMIT_BYTES)


class Outbox(Protocol):
    """The organisation's outgoing messages, enqueued in the transaction of the change that causes them."""

    async def add(self, message: Message, *, request_id: str = "") -> EventId:
        """Pending and due at once. A known dedupe key writes nothing and answers the first row's id."""

    async def add_many(self, messages: Sequence[Message], *, request_id: str = "") -> None:
        """As add, for each."""

    async def withdraw_many(self, dedupe_key_prefixes: Sequence[str]) -> None:
        """As withdraw, for each."""

    async def withdraw(self, dedupe_key_prefix: str) -> int:
        """Settle every unsent row whose key begins so as withdrawn (its cause is gone); how many.

        One that is being delivered at this moment may still arrive; its answer then counts as late."""

    async def withdraw_resends(self, booking_ids: Sequence[UUID], event_types: Sequence[str]) -> None:
        """As withdraw_many: the unsent rows of these types about these bookings, sent anew by hand."""

    async def outdate(self, booking_ids: Sequence[UUID], event_types: Sequence[str]) -> None:
        """The dead rows of these types about these bookings are of use until now only: no replay sends what
        is true no more. Before withdrawing, so that one replayed meanwhile is found there."""


class OutboxQueue(Protocol):
    """The runner's side of the organisation's messages."""

    async def lock_due(
        self,
        now: datetime,
        *,
        limit: int,
        kinds: Sequence[str] | None = None,
        not_these: Collection[EventId] = (),
    ) -> list[OutboxEvent]:
        """The organisation's due messages that nobody else has locked, of some kinds or all, earliest due
        first: however many take at once, each gets others."""

    async def due_ids(
        self, now: datetime, *, kinds: Sequence[str] | None = None, limit: int
    ) -> list[EventId]:
        """The organisation's own due messages, of some kinds or all, earliest due first, locked or not."""

    async def lock(self, event_ids: Sequence[EventId]) -> dict[EventId, OutboxEvent]:
        """Those that exist, whatever their state; no other unit writes them until ours ends."""

    async def get(self, event_id: EventId) -> OutboxEvent:
        """Raises NotFound, also for another organisation's."""

    async def save(self, events: Iterable[OutboxEvent]) -> None:
        """Overwrite what may change of existing messages."""

    async def save_held(self, events: Mapping[UUID, OutboxEvent], now: datetime) -> set[EventId]:
        """As save, of each under its lease's token, but only where that lease still stands; which did."""

    async def record(self, attempts: Iterable[Attempt]) -> None:
        """Write attempts down, once each: a late answer replaces the entry "lost", nothing else does."""

    async def attempts(self, event_id: EventId) -> list[Attempt]:
        """In order."""


@dataclass(frozen=True, slots=True)
class DueMessage:
    org_id: OrgId
    event_id: EventId


class DueMessages(Protocol):
    """A door: which messages of which organisations are due, by id alone. Suspended organisations wait."""

    async def list_due(
        self,
        now: datetime,
        *,
        after: OrgId | None,
        orgs: int,
        per_org: int,
        kinds: Sequence[str] | None = None,
    ) -> list[DueMessage]:
        """Of some kinds or all: for the first `orgs` organisations with something due (in order of their ids,
        behind `after`) their first `per_org` messages each, earliest due first."""

    async def list_held(
        self, runners: Sequence[str], now: datetime, *, kinds: Sequence[str]
    ) -> list[DueMessage]:
        """Those of these kinds that the runners named hold a lease on, of suspended organisations too.

        Only among the 200 longest due of each organisation and kind: a claim takes these first."""
