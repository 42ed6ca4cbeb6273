"""Outgoing messages as they are answered."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from application.delivery.replays import Replays
from application.ports.outbox_views import MessageView
from domain.delivery.attempt import Attempt, AttemptOutcome
from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.identity.actor import Actor, Need, Role
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.masking import masked_email

OUTBOX = "/v1/admin/outbox"


class AttemptAnswer(msgspec.Struct):
    attempt: int
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    outcome: AttemptOutcome
    error: str | None
    http_status: int | None
    provider_message_id: str | None
    runner: str


class MessageAnswer(msgspec.Struct, kw_only=True):
    event_id: UUID
    kind: str
    event_type: str
    dedupe_key: str
    resource_type: str | None
    resource_id: UUID | None
    status: EventStatus
    outcome: EventOutcome | None
    attempts: int
    max_attempts: int
    total_attempts: int
    next_attempt_at: datetime | None
    expires_at: datetime | None
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None
    dead_at: datetime | None
    replay_count: int
    last_replayed_at: datetime | None
    last_replayed_by: UUID | None
    request_id: str
    traceparent: str
    recipient: str | None
    target_host: str | None
    actions: list[ActionAnswer]


class MessageDetailAnswer(MessageAnswer, kw_only=True):
    attempt_log: list[AttemptAnswer]


def message_values(
    view: MessageView, reader: Actor, max_attempts: int, replays: Replays, host: str | None
) -> dict[str, object]:
    values = msgspec.to_builtins(view)
    recipient = view.recipient
    if recipient and reader.role is Role.VIEWER:
        recipient = masked_email(recipient)
    return {
        **values,
        "recipient": recipient,
        "target_host": host,
        "max_attempts": max_attempts,
        "actions": list(_actions(view, reader, replays)),
    }


def message_answer(
    view: MessageView, reader: Actor, max_attempts: int, replays: Replays, host: str | None
) -> MessageAnswer:
    return msgspec.convert(message_values(view, reader, max_attempts, replays, host), MessageAnswer)


def attempt_answer(attempt: Attempt) -> AttemptAnswer:
    return msgspec.convert(attempt, AttemptAnswer, from_attributes=True)


def _actions(view: MessageView, reader: Actor, replays: Replays) -> Iterator[ActionAnswer]:
    yield ActionAnswer("show", "GET", f"{OUTBOX}/{view.event_id}")
    if view.status is EventStatus.DEAD and reader.may(Need.ADMIN) and replays.allow(view):
        yield ActionAnswer("replay", "POST", f"{OUTBOX}/{view.event_id}/replay")
