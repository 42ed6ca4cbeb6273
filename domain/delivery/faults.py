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
_OF_THE_LINE = frozenset(
    {
        "timeout",
        "connection_failed",
        "tls_failed",
        "dns_lookup_failed",
        "redirect_refused",
        "smtp_tls_unavailable",
        "smtp_auth_failed",
    }
)
_ADDRESS_REFUSALS = frozenset({550, 551, 553})
_SUB_CODE = re.compile(r"\s*(\d)\.(\d{1,3})\.(\d{1,3})\b")
_PUT_OFF, _REFUSED, _NO_CODE = 400, 500, 600
_CLOSING = 421


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failed attempt: a code of ours, never the peer's text.

    `of_the_line`: any other message would have failed so too, and a circuit breaker counts it."""

    code: str
    permanent: bool
    of_the_line: bool = False
    retry_after_seconds: int | None = None
    http_status: int | None = None

    @property
    def is_soft_bounce(self) -> bool:
        """One recipient's server puts one mail off."""
        return self.code.startswith("smtp_4") and not (self.permanent or self.of_the_line)

    @classmethod
    def of(cls, code: str) -> "Fault":
        """A fault whose code alone says whether it can pass."""
        return cls(code=code, permanent=code in _PERMANENT, of_the_line=code in _OF_THE_LINE)


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
    if not _PUT_OFF <= code < _NO_CODE:  # no refusal at all: whoever talks there is no mail server just now
        return Fault.of("connection_failed")
    before_recipient = stage in {SmtpStage.GREETING, SmtpStage.SENDER}
    if code < _REFUSED or before_recipient:
        of_the_line = before_recipient or code == _CLOSING
        return Fault(code=f"smtp_{code}", permanent=False, of_the_line=of_the_line)
    if stage is SmtpStage.RECIPIENT and _is_hard_bounce(code, text):
        return Fault.of("recipient_refused")
    return Fault(code=f"smtp_{code}", permanent=True)


def _is_hard_bounce(code: int, text: str) -> bool:
    sub_code = _SUB_CODE.match(text)
    if sub_code is None:
        return code in _ADDRESS_REFUSALS
    return sub_code.group(1, 2) == ("5", "1")
