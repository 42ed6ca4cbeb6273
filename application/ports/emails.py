from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from domain.delivery.email_event import EmailEvent
from domain.shared.ids import EventId


class EmailEvents(Protocol):
    """The organisation's mails, one per outbox message of kind email; made when that is enqueued."""

    async def find(self, event_id: EventId) -> EmailEvent | None: ...

    async def save(self, email: EmailEvent) -> None: ...

    async def count_earlier(self, email: EmailEvent, email_types: Sequence[str], within: timedelta) -> int:
        """How many mails of these types went to the same recipient (any case) in that span before this
        one was enqueued. Those that were not sent on purpose do not count."""
