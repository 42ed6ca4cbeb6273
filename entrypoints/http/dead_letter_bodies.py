"""What could not be delivered, as it is answered: personal data hidden from everybody."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from application.delivery.export_channel import Exports
from application.delivery.list_dead_letters import DeadMessages
from application.delivery.replay_dead import ReplayDead, ReplayReport
from application.delivery.replays import Replays
from application.ports.dead_letters import DeadLetter, DeadLetterPage, DeadSelection
from application.ports.outbox_views import MessageView
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.shared.errors import FieldFault, Invalid
from domain.shared.ids import EventId
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.masking import masked_email
from entrypoints.http.outbox_bodies import OUTBOX
from entrypoints.http.validation import refuse

EXPORTS = "/v1/admin/export-dead-letter"
Kind = Literal["email", "webhook", "export"]
MOST_TOLD = 200
ErrorCode = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Selected = Annotated[int, msgspec.Meta(ge=1, le=500)]
USUALLY_SELECTED = 100


class DeadMessageAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    kind: str
    event_type: str
    status: EventStatus
    attempts: int
    total_attempts: int
    last_error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    dead_at: datetime | None
    dedupe_key: str
    resource_type: str | None
    resource_id: UUID | None
    replay_count: int
    replayable: bool
    payload_summary: str
    actions: list[ActionAnswer]


class DeadMessagesAnswer(msgspec.Struct):
    items: list[DeadMessageAnswer]
    total: int
    limit: int
    offset: int


class DeadLetterAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    kind: Literal["outbox", "export"]
    channel: str
    event_type: str
    org_id: UUID
    status: Literal["dead"]
    attempts: int
    last_error: str | None
    created_at: datetime
    dead_at: datetime
    resource_type: str | None
    resource_id: UUID | None
    payload_summary: str
    replay_count: int
    replayable: bool
    actions: list[ActionAnswer]


class DeadLettersAnswer(msgspec.Struct):
    items: list[DeadLetterAnswer]
    total: int
    limit: int
    offset: int
    outbox_dead_count: int
    export_dead_count: int


class ReplayBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Nothing at all, or a selection: `event_ids`, or at least one filter."""

    event_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=200)] | None = None
    kind: Kind | None = None
    last_error: ErrorCode | None = None
    dead_from: datetime | None = None
    dead_to: datetime | None = None
    limit: Selected | None = None
    dry_run: bool | None = None

    def command(self) -> ReplayDead:
        filters = {
            "kind": self.kind,
            "last_error": self.last_error,
            "dead_from": self.dead_from,
            "dead_before": self.dead_to,
        }
        selection = selection_of(self.event_ids, filters, self.limit, self.dry_run)
        return ReplayDead(selection, dry_run=bool(self.dry_run))


def selection_of(
    event_ids: list[UUID] | None, filters: Mapping[str, Any], limit: int | None, dry_run: bool | None
) -> DeadSelection | None:
    """Raises Invalid for what selects nothing and yet says how."""
    given = {name: value for name, value in filters.items() if value is not None}
    if event_ids is not None and given:
        raise Invalid.field("event_ids", "excludes filters: give one or the other")
    if event_ids is None and not given:
        if limit is not None or dry_run is not None:
            raise Invalid.field("event_ids", "or a filter must be given: there is nothing to select by")
        return None
    ids = None if event_ids is None else tuple(map(EventId, event_ids))
    most = limit or (USUALLY_SELECTED if ids is None else len(ids))
    return DeadSelection(event_ids=ids, limit=most, **given)


class ReplayCounts(msgspec.Struct, kw_only=True):
    status: Literal["done", "partial"]
    selected: int
    replayed: int
    not_replayable: int
    delivered: int
    retry: int
    dead: int
    remaining_dead: int
    dry_run: bool
    event_ids: list[UUID] | msgspec.UnsetType = msgspec.UNSET
    orgs: int | msgspec.UnsetType = msgspec.UNSET  # told to the scheduler, who is told no ids


class ReplayedAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    status: EventStatus
    deduplicated: bool
    status_url: str
    attempts: int
    last_error: str | None
    next_attempt_at: datetime | None
    replay_count: int


def dead_messages_answer(
    found: DeadMessages, exports: Exports, limit: int, offset: int
) -> DeadMessagesAnswer:
    return DeadMessagesAnswer(
        [_dead_message(view, exports, found.replays) for view in found.views], found.total, limit, offset
    )


def _dead_message(view: MessageView, exports: Exports, replays: Replays) -> DeadMessageAnswer:
    replayable = replays.allow(view)
    told = {
        "replayable": replayable,
        "payload_summary": summary(view.event_type, view.recipient, exports.host_of(view.kind)),
        "actions": list(actions(view.event_id, replayable=replayable)),
    }
    return msgspec.convert(msgspec.to_builtins(view) | told, DeadMessageAnswer)


def dead_letters_answer(
    page: DeadLetterPage,
    exports: Exports,
    org_id: UUID,
    replays: Replays,
    total: int,
    limit: int,
    offset: int,
) -> DeadLettersAnswer:
    items = [_dead_letter(letter, exports, org_id, replays) for letter in page.items]
    return DeadLettersAnswer(items, total, limit, offset, page.outbox_count, page.export_count)


def _dead_letter(letter: DeadLetter, exports: Exports, org_id: UUID, replays: Replays) -> DeadLetterAnswer:
    replayable = replays.allow(letter)
    host = letter.target_host or exports.host_of(letter.channel)
    links = actions if letter.half == "outbox" else export_actions
    told = {
        "kind": letter.half,
        "org_id": org_id,
        "status": "dead",
        "payload_summary": summary(letter.event_type, letter.recipient, host),
        "replayable": replayable,
        "actions": list(links(letter.event_id, replayable=replayable)),
    }
    return msgspec.convert(msgspec.to_builtins(letter) | told, DeadLetterAnswer)


def summary(event_type: str, recipient: str | None, host: str | None) -> str:
    to = masked_email(recipient) if recipient else host
    return f"{event_type} to {to}" if to else event_type


def export_actions(event_id: UUID, *, replayable: bool) -> Iterator[ActionAnswer]:
    yield ActionAnswer("show", "GET", f"{EXPORTS}/{event_id}")
    if replayable:
        yield ActionAnswer("replay", "POST", f"{EXPORTS}/{event_id}/replay")


def actions(event_id: UUID, *, replayable: bool) -> Iterator[ActionAnswer]:
    """Of those who may see a dead letter at all."""
    yield ActionAnswer("show", "GET", f"{OUTBOX}/{event_id}")
    if replayable:
        yield ActionAnswer("replay", "POST", f"{OUTBOX}/{event_id}/replay")


def counts_answer(report: ReplayReport) -> ReplayCounts:
    counts = _counts(report)
    counts.event_ids = list(report.event_ids[:MOST_TOLD])
    return counts


def all_counts_answer(report: ReplayReport, orgs: int) -> ReplayCounts:
    counts = _counts(report)
    counts.orgs = orgs
    return counts


def _counts(report: ReplayReport) -> ReplayCounts:
    tally = report.tally
    return ReplayCounts(
        status="done" if report.is_done else "partial",
        selected=report.selected,
        replayed=report.replayed,
        not_replayable=report.not_replayable,
        delivered=tally.sent if tally else 0,
        retry=tally.retry if tally else 0,
        dead=tally.dead if tally else 0,
        remaining_dead=report.remaining_dead,
        dry_run=report.dry_run,
    )


def without_selection(body: msgspec.Struct) -> None:
    """Raises Invalid for a scheduler's body that says anything."""
    said = [name for name in body.__struct_fields__ if getattr(body, name) is not None]
    if said:
        raise refuse([FieldFault(name, "is for people: a scheduler selects nothing") for name in said])


def replayed_answer(event: OutboxEvent) -> ReplayedAnswer:
    return ReplayedAnswer(
        event_id=event.id,
        status=event.status,
        deduplicated=False,
        status_url=f"{OUTBOX}/{event.id}",
        attempts=event.attempts,
        last_error=event.last_error,
        next_attempt_at=event.next_attempt_at,
        replay_count=event.replay_count,
    )
