"""What each answer of a provider does to a message (delivery page, §1): another try, or the dead letters."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from adapters.sendgrid.mailer import SendGridMailer
from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.ports.mailer import Mailer
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import Lease, OutboxEvent
from domain.delivery.retry_policy import RetryPolicy
from tests.support.fake_sendgrid import KEY, FakeSendGrid, open_fake_sendgrid
from tests.support.mails import EVENT, JANE, a_mail
from tests.support.smtp import Postbox, mail_server

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)

SMTP = [
    ("MAIL", "421 4.3.2 closing", "retry", "smtp_421"),
    ("MAIL", "451 4.4.3 directory away", "retry", "smtp_451"),
    ("MAIL", "530 5.7.0 authenticate first", "retry", "smtp_530"),
    ("MAIL", "550 5.7.1 not you", "retry", "smtp_550"),
    ("MAIL", "553 5.1.8 bad sender", "retry", "smtp_553"),
    ("RCPT", "421 4.7.0 too many", "retry", "smtp_421"),
    ("RCPT", "450 4.2.1 greylisted", "retry", "smtp_450"),
    ("RCPT", "452 4.2.2 mailbox full", "retry", "smtp_452"),
    ("RCPT", "550 no such user", "dead", "recipient_refused"),
    ("RCPT", "550 5.1.1 no such user", "dead", "recipient_refused"),
    ("RCPT", "551 user not local", "dead", "recipient_refused"),
    ("RCPT", "553 bad mailbox name", "dead", "recipient_refused"),
    ("RCPT", "554 5.1.10 null MX", "dead", "recipient_refused"),
    ("RCPT", "550 5.7.1 policy", "dead", "smtp_550"),
    ("RCPT", "552 mailbox full", "dead", "smtp_552"),
    ("DATA", "451 4.3.0 later", "retry", "smtp_451"),
    ("DATA", "452 4.3.1 disk full", "retry", "smtp_452"),
    ("DATA", "552 5.3.4 too big", "dead", "smtp_552"),
    ("DATA", "554 5.6.0 content", "dead", "smtp_554"),
]
SENDGRID = [
    (301, "retry", "redirect_refused"),
    (307, "retry", "redirect_refused"),
    (400, "dead", "status_400"),
    (401, "retry", "status_401"),
    (403, "retry", "status_403"),
    (404, "retry", "status_404"),
    (405, "retry", "status_405"),
    (413, "dead", "status_413"),
    (415, "retry", "status_415"),
    (429, "retry", "status_429"),
    (500, "retry", "status_500"),
    (502, "retry", "status_502"),
    (503, "retry", "status_503"),
    (504, "retry", "status_504"),
]


@pytest.fixture(scope="module")
def postbox_and_port() -> Iterator[tuple[Postbox, int]]:
    postbox = Postbox()
    with mail_server(postbox) as port:
        yield postbox, port


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeSendGrid]:
    with open_fake_sendgrid() as fake:
        yield fake


@pytest.fixture
async def sendgrid(provider: FakeSendGrid) -> AsyncIterator[SendGridMailer]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield SendGridMailer(client, KEY, api=provider.url)


async def fate_of(mailer: Mailer) -> OutboxEvent:
    """The message after its first attempt."""
    lease = Lease(token=UUID(int=1), runner="r", started_at=NOW, expires_at=NOW + timedelta(minutes=1))
    event = OutboxEvent(
        id=EVENT, kind="email", event_type="x", dedupe_key="x", next_attempt_at=NOW, created_at=NOW
    )
    with pytest.raises(DeliveryFailed) as caught:
        await mailer.send(a_mail())
    return event.claim(lease).fail(caught.value.fault, NOW, RetryPolicy(), chance=0)


@pytest.mark.parametrize(("stage", "answer", "fate", "code"), SMTP)
async def test_of_a_mail_server(
    postbox_and_port: tuple[Postbox, int], stage: str, answer: str, fate: str, code: str
) -> None:
    postbox, port = postbox_and_port
    postbox.sender_answer = answer if stage == "MAIL" else ""
    postbox.answers = {JANE: answer} if stage == "RCPT" else {}
    postbox.data_answer = answer if stage == "DATA" else "250 2.0.0 taken"
    event = await fate_of(SmtpMailer(SmtpOptions(host="localhost", port=port, encrypts=False)))
    assert (event.status, event.last_error) == (fate, code)


@pytest.mark.parametrize(("status", "fate", "code"), SENDGRID)
async def test_of_sendgrid(
    provider: FakeSendGrid, sendgrid: SendGridMailer, status: int, fate: str, code: str
) -> None:
    provider.answers = (status, {})
    event = await fate_of(sendgrid)
    assert (event.status, event.last_error) == (fate, code)


@pytest.mark.parametrize(
    ("status", "counts"), [(400, False), (413, False), (401, True), (429, True), (503, True)]
)
async def test_which_answers_of_sendgrid_count_against_it(
    provider: FakeSendGrid, sendgrid: SendGridMailer, status: int, *, counts: bool
) -> None:
    provider.answers = (status, {})
    with pytest.raises(DeliveryFailed) as caught:
        await sendgrid.send(a_mail())
    assert caught.value.fault.of_the_line is counts


@pytest.mark.parametrize(("asked", "minutes"), [(1, 0.5), (600, 10), (86400, 60)])
async def test_a_longer_wait_that_is_asked_for_wins_up_to_the_cap(
    provider: FakeSendGrid, sendgrid: SendGridMailer, asked: int, minutes: float
) -> None:
    provider.answers = (429, {"Retry-After": str(asked)})
    event = await fate_of(sendgrid)
    assert event.next_attempt_at == NOW + timedelta(minutes=minutes)
