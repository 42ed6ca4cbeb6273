"""From a rendered text to a mail: who writes to whom. No control character reaches a header."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from unicodedata import category

import idna

from application.ports.mailer import Mail, Mailbox
from application.ports.templates import Letterhead, Rendered
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgProfile

_LINE_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})
_MOST_ADDRESS = 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The installation's: EMAIL_FROM and EMAIL_FROM_NAME."""

    address: str
    name: str = ""


def letterhead(profile: OrgProfile, unsubscribe_url: str = "") -> Letterhead:
    return Letterhead(
        org_name=profile.branding.display_name or profile.name,
        timezone=profile.timezone,
        primary_color=profile.branding.primary_color,
        footer_text=profile.branding.footer_text or "",
        unsubscribe_url=unsubscribe_url,
    )


def compose(
    org_id: OrgId,
    event: OutboxEvent,
    rendered: Rendered,
    profile: OrgProfile,
    sender: Sender,
    now: datetime,
    headers: Mapping[str, str] | None = None,
) -> Mail:
    """`headers` of our own making, beside the usual ones.

    Raises DeliveryFailed: `header_invalid` for what may not stand in a header, `payload_invalid` without a
    recipient."""
    recipient = event.payload.get("to")
    if not isinstance(recipient, str) or not recipient:
        raise DeliveryFailed(Fault.of("payload_invalid"))
    branding = profile.branding
    reply_to = branding.reply_to or profile.contact.email
    from_address = ascii_address(sender.address)
    domain = from_address.rpartition("@")[2]
    return Mail(
        org_id=org_id,
        event_id=event.id,
        message_id=f"<{event.id}@{domain}>",
        sender=Mailbox(address=from_address, name=_plain(sender_name(sender, profile))),
        recipient=Mailbox(address=ascii_address(recipient)),
        reply_to=Mailbox(address=ascii_address(reply_to)) if reply_to else None,
        subject=_plain(rendered.subject),
        text=rendered.text,
        html=rendered.html,
        written_at=now,
        headers=headers or {},
    )


def sender_name(sender: Sender, profile: OrgProfile) -> str:
    branding = profile.branding
    return branding.email_from_name or sender.name or branding.display_name or profile.name


def _plain(text: str) -> str:
    if any(category(character) in _LINE_BREAKING for character in text):
        raise DeliveryFailed(Fault.of("header_invalid"))
    return text


def mail_fault(address: str) -> str | None:
    """What keeps a mail from being written to it, if anything: better told where it is entered."""
    try:
        ascii_address(address)
    except DeliveryFailed:
        return "is not an address that mail can be sent to: before the @ only ASCII, without quotes"
    return None


def ascii_address(text: str) -> str:
    """ASCII only, with the domain as A-labels, and nothing that would have to be quoted.

    Raises DeliveryFailed `header_invalid`."""
    local, _, domain = _plain(text).rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise DeliveryFailed(Fault.of("header_invalid")) from error
    address = f"{local}@{ascii_domain}"
    if not _ADDRESS.fullmatch(address) or "=?" in address or len(address) > _MOST_ADDRESS:
        raise DeliveryFailed(Fault.of("header_invalid"))
    return address
