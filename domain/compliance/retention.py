"""How long what a company holds is kept, by class. A later class joins the list and gets its statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class RetentionClass(StrEnum):
    """In the order in which a run takes them."""

    OUTBOX = "outbox"  # messages that are settled well: the payload goes, the dedupe key stays for good
    OUTBOX_DEAD = "outbox_dead"  # dead ones: the same
    EMAIL_LOG = "email_log"  # recipient and subject of mails go
    EXPORTS = "exports"  # what exports say goes
    SESSIONS = "sessions"  # mailed links that are over go


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """`days` by class; 0 keeps for good."""

    days: Mapping[RetentionClass, int]
    chunk: int = 200

    def cutoff(self, kept: RetentionClass, now: datetime) -> datetime | None:
        """What was measured at or before it is due; None: nothing ever is."""
        days = self.days[kept]
        return now - timedelta(days=days) if days else None
