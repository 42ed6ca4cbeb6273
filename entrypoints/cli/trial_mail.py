"""One mail to see that mail leaves, as it would for anybody."""

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from application.ports.mailer import Mail
    from entrypoints.settings import Settings

SUBJECT = "A test mail from Sweepline"
TEXT = "This mail was sent by `sweepline doctor`. If you can read it, mail leaves this installation.\n"
HTML = f"<!doctype html><html lang=en><title>{SUBJECT}</title><p>{TEXT.strip().replace('`', '')}</p></html>"
OF_NOBODY = UUID(int=0)


async def send_trial_mail(settings: "Settings", to: str) -> str:
    """Past the outbox: nothing is kept of it, and it is tried once. Raises DeliveryFailed."""
    from entrypoints.sending.mail import open_mailer

    if settings.email.mode == "off":
        raise ValueError("EMAIL_MODE=off: no mail leaves")
    mail = trial_mail(settings, to)
    async with open_mailer(settings) as mailer:
        await mailer.send(mail)
    where = f"{settings.home / 'mail'}" if settings.email.mode == "file" else "the server"
    return f"{where} took {mail.message_id}"


def trial_mail(settings: "Settings", to: str) -> "Mail":
    from adapters.system.clock import SystemClock
    from adapters.system.identifiers import SystemIdentifiers
    from application.delivery.compose import ascii_address
    from application.ports.mailer import Mail, Mailbox
    from domain.shared.ids import EventId, OrgId
    from entrypoints.sending.mail import sender_of

    sender, event_id = sender_of(settings), EventId(SystemIdentifiers().new())
    address = ascii_address(sender.address)
    return Mail(
        org_id=OrgId(OF_NOBODY),
        event_id=event_id,
        message_id=f"<{event_id}@{address.rpartition('@')[2]}>",
        sender=Mailbox(address=address, name=sender.name),
        recipient=Mailbox(address=ascii_address(to)),
        reply_to=None,
        subject=SUBJECT,
        text=TEXT,
        html=HTML,
        written_at=SystemClock().now(),
    )
