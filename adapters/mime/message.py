"""A mail as the bytes that mail servers and files hold (RFC 5322, MIME)."""

from email.headerregistry import BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any

from adapters.mime.header_text import as_mailbox, as_text, folded
from application.ports.mailer import Mail


class _AsWritten(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # as the registry mixes them
    """Written as it is given: encoded already, or a URI, which encoded words would spoil (RFC 2369)."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds |= {"parse_tree": None, "decoded": value}

    def fold(self, *, policy: Policy) -> str:
        return folded(self.name, str(self), policy.linesep)


_HEADERS = HeaderRegistry()
for _name in ("From", "To", "Reply-To", "Subject", "List-Unsubscribe"):
    _HEADERS.map_to_type(_name, _AsWritten)
_POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=False, header_factory=_HEADERS)


def as_bytes(mail: Mail) -> bytes:
    """CRLF line ends, 7-bit clean, so any server takes it. The same mail gives the same bytes."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = as_mailbox(mail.sender.name, mail.sender.address)
    message["To"] = as_mailbox(mail.recipient.name, mail.recipient.address)
    if mail.reply_to is not None:
        message["Reply-To"] = as_mailbox(mail.reply_to.name, mail.reply_to.address)
    message["Subject"] = as_text(mail.subject)
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{mail.event_id.hex}")
    return message.as_bytes()
