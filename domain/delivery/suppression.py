"""Addresses that get no mail any more, or none of one kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.shared.errors import Conflict
from domain.shared.ids import EventId, SuppressionId


class Scope(StrEnum):
    """What is held back: everything, or the mails of that template scope."""

    ALL = "all"
    MARKETING = "marketing"
    NPS = "nps"


class Reason(StrEnum):
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    UNSUBSCRIBED = "unsubscribed"


_THE_RECIPIENTS_OWN = frozenset({Reason.COMPLAINT, Reason.UNSUBSCRIBED})


class SuppressionByRecipient(Conflict):
    code = "suppression_by_recipient"

    def __init__(self) -> None:
        super().__init__("The recipient asked for no more mail, which only they can undo.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """`recipient` None: all that is known is the keyed hash of the address, as a link holds it."""

    id: SuppressionId
    recipient: str | None
    address_hash: bytes | None = None
    scope: Scope
    reason: Reason
    source_event_id: EventId | None = None  # the mail that caused it
    created_at: datetime

    def holds_back(self, template_scope: str, recipient: str, hashes: Sequence[bytes]) -> bool:
        """A mail of that scope to that address, which any of the hashes may stand for."""
        named = self.recipient is not None and self.recipient.lower() == recipient.lower()
        return (named or self.address_hash in hashes) and self.scope in {Scope.ALL, template_scope}

    def must_be_ours_to_lift(self) -> None:
        if self.reason in _THE_RECIPIENTS_OWN:
            raise SuppressionByRecipient
