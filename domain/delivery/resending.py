"""Whether a mail may be sent anew with today's facts (delivery page, §2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.shared.errors import Conflict

OF_REQUEST = "request_received"


class NothingToResend(Conflict):
    code = "nothing_to_resend"

    def __init__(self) -> None:
        super().__init__("There is no mail to the client that could be sent again.")


class MessageOutdated(Conflict):
    code = "message_outdated"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class RecipientMissing(Conflict):
    code = "recipient_missing"

    def __init__(self) -> None:
        super().__init__("The client has no e-mail address.")


class RecipientSuppressed(Conflict):
    code = "recipient_suppressed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Mail of this kind to the client's address is switched off: {reason}.")


@dataclass(frozen=True, slots=True)
class TrueOf:
    """`statuses`: of the booking, while what the mail says is true. `until`: when it has had its use."""

    statuses: frozenset[str]
    until: str = "end"  # or start, or never


_LIVE = frozenset({"PENDING", "CONFIRMED"})
_CONFIRMED, _DONE, _CANCELLED = frozenset({"CONFIRMED"}), frozenset({"DONE"}), frozenset({"CANCELLED"})
OF_VISITS: Mapping[str, TrueOf] = {
    "booking_pending": TrueOf(frozenset({"PENDING"})),
    "booking_confirmed": TrueOf(_CONFIRMED),
    "booking_rescheduled": TrueOf(_LIVE),
    "booking_reminder_24h": TrueOf(_CONFIRMED, "start"),
    "booking_cancelled": TrueOf(_CANCELLED),
    "booking_expired": TrueOf(_CANCELLED),
    "booking_completed": TrueOf(_DONE, "never"),
    "nps_survey": TrueOf(_DONE, "never"),
}
"""The mails that clients get of their visits. Those to staff, or with a one-time secret, are sent once."""


def can_be_resent(email_type: str) -> bool:
    return email_type == OF_REQUEST or email_type in OF_VISITS
