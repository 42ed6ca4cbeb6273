from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

from adapters.local_disk.mailer import FileMailer
from application.ports.mailer import Mail, Mailbox
from domain.shared.ids import EventId, OrgId

EVENT = EventId(UUID(int=7))


def a_mail(subject: str = "Hello") -> Mail:
    return Mail(
        org_id=OrgId(UUID(int=1)),
        event_id=EVENT,
        message_id=f"<{EVENT}@example.org>",
        sender=Mailbox(address="no-reply@example.org"),
        recipient=Mailbox(address="jane@example.com"),
        reply_to=None,
        subject=subject,
        text="text",
        html="<p>text</p>",
        written_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


async def test_each_message_is_one_file_that_a_mail_program_reads(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "mail"
    mailer = FileMailer(folder)
    await mailer.send(a_mail())
    await mailer.send(a_mail("Hello again"))
    (path,) = folder.iterdir()
    assert path.name == f"{EVENT}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("jane@example.com", "Hello again")
