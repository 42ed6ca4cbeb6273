from email import message_from_bytes
from email.policy import default
from pathlib import Path

from adapters.local_disk.mailer import FileMailer
from tests.support.mails import EVENT, a_mail


async def test_each_message_is_one_file_that_a_mail_program_reads(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "mail"
    mailer = FileMailer(folder)
    await mailer.send(a_mail())
    await mailer.send(a_mail(subject="Hello again"))
    (path,) = folder.iterdir()
    assert path.name == f"{EVENT}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("jane@example.com", "Hello again")
