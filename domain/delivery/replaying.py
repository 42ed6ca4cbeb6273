"""Whether a dead message may be sent on its way again (delivery page, §1)."""

from datetime import datetime
from typing import Protocol

from domain.shared.errors import Conflict

SEALED_TYPES = frozenset(
    {"client_login_link", "password_reset_link", "invitation", "temp_password_notice", "password_changed"}
)
"""Mails whose one-time secret is wiped when they settle: they would say nothing any more."""
_ENDED = {
    "expired": "It was of use until a moment that has passed.",
    "erased": "Its content was erased.",
}


class OutboxNotDead(Conflict):
    code = "outbox_not_dead"

    def __init__(self) -> None:
        super().__init__("Only a dead message can be replayed.")


class OutboxNotReplayable(Conflict):
    code = "outbox_not_replayable"


class Replayed(Protocol):
    """A message, or what is shown of one."""

    @property
    def event_type(self) -> str: ...
    @property
    def last_error(self) -> str | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def has_payload(self) -> bool: ...


def obstacle(message: Replayed, now: datetime) -> str | None:
    """Why sending it again is pointless; None if it is not."""
    if message.last_error in _ENDED:
        return _ENDED[message.last_error]
    if message.expires_at is not None and message.expires_at <= now:
        return _ENDED["expired"]
    if message.event_type in SEALED_TYPES:
        return "Its one-time secret was wiped."
    return None if message.has_payload else _ENDED["erased"]


def is_replayable(message: Replayed, now: datetime) -> bool:
    """Of a dead one."""
    return obstacle(message, now) is None
