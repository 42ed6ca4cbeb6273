"""Why an attempt failed, and whether trying again can help. The codes are public (delivery page, §1)."""

import re
from dataclasses import dataclass
from enum import StrEnum

_PERMANENT = frozenset(
    {
        "recipient_refused",
        "header_invalid",
        "payload_invalid",
        "payload_too_large",
        "unknown_kind",
        "expired",
        "erased",
        "endpoint_gone",
        "endpoint_disabled",
        "invalid_url",
        "unsupported_scheme",
        "http_not_allowed",
        "missing_host",
        "port_not_allowed",
        "host_not_allowlisted",
        "private_ip_blocked",
    }
)
_ADDRESS_REFUSALS = frozenset({550, 551, 553})
_SUB_CODE = re.compile(r"\s*(\d)\.(\d{1,3})\.(\d{1,3})\b")
_REFUSED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failed attempt: a code of ours, never the peer's text."""

    code: str
    permanent: bool
    retry_after_seconds: int | None = None
    http_status: int | None = None

    @classmethod
    def of(cls, code: str) -> "Fault":
        """A fault whose code alone says whether it can pass."""
        return cls(code=code, permanent=code in _PERMANENT)


class DeliveryFailed(Exception):
    """What a channel or a mailer raises when a message did not leave."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class SmtpStage(StrEnum):
    """How far the dialogue had come when the peer answered."""

    GREETING = "greeting"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


def smtp_fault(stage: SmtpStage, code: int, text: str) -> Fault:
    """4xx passes, 5xx before RCPT is the sender's trouble and passes too; from RCPT on it is final.

    `text` is read for its enhanced status code (RFC 3463) and then forgotten.
    """
    if stage is SmtpStage.LOGIN:
        return Fault.of("smtp_auth_failed")
    if code < _REFUSED or stage in {SmtpStage.GREETING, SmtpStage.SENDER}:
        return Fault(code=f"smtp_{code}", permanent=False)
    if stage is SmtpStage.RECIPIENT and _is_hard_bounce(code, text):
        return Fault.of("recipient_refused")
    return Fault(code=f"smtp_{code}", permanent=True)


def _is_hard_bounce(code: int, text: str) -> bool:
    sub_code = _SUB_CODE.match(text)
    if sub_code is None:
        return code in _ADDRESS_REFUSALS
    return sub_code.group(1, 2) == ("5", "1")
