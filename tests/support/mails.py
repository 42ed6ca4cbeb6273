"""A composed mail, as a mailer is given it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from application.ports.mailer import Mail, Mailbox
from domain.shared.ids import EventId, OrgId

ORG = OrgId(UUID(int=1))
EVENT = EventId(UUID(int=7))
JANE = "jane@example.com"


def a_mail(
    to: str = JANE,
    subject: str = "Confirmed: Tue 3 Mar 2026, 09:00 EST – Acme",
    headers: Mapping[str, str] | None = None,
) -> Mail:
    return Mail(
        org_id=ORG,
        event_id=EVENT,
        message_id=f"<{EVENT}@example.org>",
        sender=Mailbox(address="no-reply@example.org", name="Zoë, of Acme"),
        recipient=Mailbox(address=to),
        reply_to=Mailbox(address="office@example.org"),
        subject=subject,
        text=".\nA line that begins with a dot.\n" + "long " * 300,
        html="<p>A – line</p>",
        written_at=datetime(2026, 3, 2, 14, tzinfo=UTC),
        headers=headers or {},
    )
