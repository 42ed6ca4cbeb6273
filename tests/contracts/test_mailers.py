"""What every way out does with a mail: it arrives whole, under its own id."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from adapters.local_disk.mailer import FileMailer
from adapters.memory.mailer import MemoryMailer
from adapters.sendgrid.mailer import SendGridMailer
from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.ports.mailer import Mail, Mailer
from tests.support.fake_sendgrid import KEY, FakeSendGrid, open_fake_sendgrid
from tests.support.mails import EVENT, JANE, a_mail
from tests.support.smtp import Postbox, mail_server

OPT_OUT = {"List-Unsubscribe": "<https://example.org/unsubscribe?token=" + "a" * 300 + ">"}


@dataclass(frozen=True, slots=True)
class Arrived:
    message_id: str
    sender: tuple[str, str]
    recipient: str
    reply_to: str
    subject: str
    text: str
    html: str
    opt_out: str | None


@dataclass(frozen=True, slots=True)
class Way:
    mailer: Mailer
    arrived: Callable[[], list[Arrived]]


@pytest.fixture(params=["memory", "file", "smtp", "sendgrid"])
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryMailer()
            yield Way(memory, lambda: [_of_mail(mail) for mail in memory.sent])
        elif request.param == "file":
            yield Way(FileMailer(tmp_path), lambda: [_of_mime(_read(path)) for path in tmp_path.iterdir()])
        elif request.param == "smtp":
            postbox = Postbox()
            port = stack.enter_context(mail_server(postbox))
            smtp = SmtpMailer(SmtpOptions(host="localhost", port=port, encrypts=False))
            yield Way(smtp, lambda: [_of_mime(mail) for mail in postbox.received])
        else:
            fake: FakeSendGrid = stack.enter_context(open_fake_sendgrid())
            client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False))
            yield Way(
                SendGridMailer(client, KEY, api=fake.url),
                lambda: [_of_request(taken) for taken in fake.taken],
            )


def _of_mail(mail: Mail) -> Arrived:
    assert mail.reply_to is not None
    return Arrived(
        message_id=mail.message_id,
        sender=(mail.sender.name, mail.sender.address),
        recipient=mail.recipient.address,
        reply_to=mail.reply_to.address,
        subject=mail.subject,
        text=mail.text.rstrip(),
        html=mail.html.rstrip(),
        opt_out=mail.headers.get("List-Unsubscribe"),
    )


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=default)


def _of_mime(mail: EmailMessage) -> Arrived:
    text, html = (cast("EmailMessage", mail.get_body((kind,))).get_content() for kind in ("plain", "html"))
    (sender,) = mail["From"].addresses
    assert mail["Auto-Submitted"] == "auto-generated"
    return Arrived(
        message_id=mail["Message-ID"],
        sender=(sender.display_name, sender.addr_spec),
        recipient=mail["To"],
        reply_to=mail["Reply-To"],
        subject=mail["Subject"],
        text=text.replace("\r\n", "\n").rstrip(),
        html=html.rstrip(),
        opt_out=mail["List-Unsubscribe"],
    )


def _of_request(taken: dict[str, Any]) -> Arrived:
    assert taken["headers"]["Auto-Submitted"] == "auto-generated"
    text, html = (part["value"].rstrip() for part in taken["content"])
    return Arrived(
        message_id=taken["headers"]["Message-ID"],
        sender=(taken["from"]["name"], taken["from"]["email"]),
        recipient=taken["personalizations"][0]["to"][0]["email"],
        reply_to=taken["reply_to"]["email"],
        subject=taken["subject"],
        text=text,
        html=html,
        opt_out=taken["headers"].get("List-Unsubscribe"),
    )


async def test_a_mail_arrives_whole(way: Way) -> None:
    await way.mailer.send(a_mail(headers=OPT_OUT))
    (arrived,) = way.arrived()
    assert arrived == _of_mail(a_mail(headers=OPT_OUT))
    assert (arrived.recipient, arrived.sender) == (JANE, ("Zoë, of Acme", "no-reply@example.org"))


async def test_every_attempt_is_under_the_same_id(way: Way) -> None:
    for _ in range(2):
        await way.mailer.send(a_mail())
    assert {arrived.message_id for arrived in way.arrived()} == {f"<{EVENT}@example.org>"}
