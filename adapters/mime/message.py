"""A mail as the bytes that mail servers and files hold (RFC 5322, MIME)."""

from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime

from application.ports.mailer import Mail, Mailbox


class _Uri(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # as the registry mixes them
    """Written as it is, on one line: folded or as encoded words it would be no URI any more (RFC 2369)."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("List-Unsubscribe", _Uri)
_POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=False, header_factory=_HEADERS)


def as_bytes(mail: Mail) -> bytes:
    """CRLF line ends, 7-bit clean, so any server takes it. The same mail gives the same bytes."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.recipient)
    if mail.reply_to is not None:
        message["Reply-To"] = _address(mail.reply_to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{mail.event_id.hex}")
    return message.as_bytes()


def _address(mailbox: Mailbox) -> Address:
    return Address(display_name=mailbox.name, addr_spec=mailbox.address)
