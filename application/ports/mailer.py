from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.shared.ids import EventId, OrgId


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address, ASCII only, and the name shown beside it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A composed mail to one recipient. No field of a header holds a control character."""

    org_id: OrgId
    event_id: EventId
    message_id: str  # with its angle brackets; equal for every attempt
    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None
    subject: str
    text: str
    html: str
    written_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    """Hands one mail to the world, once: it neither retries nor remembers."""

    async def send(self, mail: Mail) -> str | None:
        """The provider's id for it, if it gives one. Raises DeliveryFailed with what went wrong."""
