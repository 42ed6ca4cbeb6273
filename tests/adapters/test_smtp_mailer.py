from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.ports.mailer import Mail
from domain.delivery.faults import DeliveryFailed, Fault
from tests.support.mails import EVENT, JANE, a_mail
from tests.support.smtp import (
    PASSWORD,
    USERNAME,
    Certificates,
    Postbox,
    free_port,
    mail_server,
    make_certificates,
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def port(postbox: Postbox, certificates: Certificates) -> Iterator[int]:
    """A server that insists on STARTTLS and a login."""
    with mail_server(postbox, tls=certificates.server_context(), login=True) as port:
        yield port


def a_mailer(port: int, certificates: Certificates | None = None, **choices: object) -> SmtpMailer:
    options = {"username": USERNAME, "password": PASSWORD, "timeout_seconds": 2, **choices}
    made = SmtpOptions(host="localhost", port=port, **options)  # type: ignore[arg-type]  # by name
    return SmtpMailer(made, certificates.trust()) if certificates else SmtpMailer(made)


async def fault_of(mailer: SmtpMailer, mail: Mail | None = None) -> Fault:
    with pytest.raises(DeliveryFailed) as caught:
        await mailer.send(mail or a_mail())
    return caught.value.fault


async def test_a_mail_arrives_encrypted_and_whole(
    port: int, certificates: Certificates, postbox: Postbox
) -> None:
    await a_mailer(port, certificates).send(a_mail())
    (mail,) = postbox.received
    assert postbox.users == [USERNAME]
    assert mail["Message-ID"] == f"<{EVENT}@example.org>"
    assert mail["Subject"] == "Confirmed: Tue 3 Mar 2026, 09:00 EST – Acme"
    assert mail["From"].addresses[0].display_name == "Zoë, of Acme"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert text.get_content().splitlines()[:2] == [".", "A line that begins with a dot."]
    assert html is not None
    assert "A – line" in html.get_content()


async def test_a_certificate_of_a_stranger_is_refused(port: int, postbox: Postbox) -> None:
    fault = await fault_of(a_mailer(port))
    assert (fault.code, fault.permanent) == ("tls_failed", False)
    assert postbox.received == []


async def test_without_starttls_nothing_is_said(postbox: Postbox) -> None:
    with mail_server(postbox) as port:
        fault = await fault_of(a_mailer(port))
    assert (fault.code, fault.permanent) == ("smtp_tls_unavailable", False)
    assert postbox.users == []


async def test_a_wrong_password_can_be_mended(port: int, certificates: Certificates) -> None:
    fault = await fault_of(a_mailer(port, certificates, password="wrong"))
    assert (fault.code, fault.permanent) == ("smtp_auth_failed", False)


async def test_a_server_that_cannot_log_in_says_so(certificates: Certificates, postbox: Postbox) -> None:
    with mail_server(postbox, tls=certificates.server_context()) as port:
        assert (await fault_of(a_mailer(port, certificates))).code == "smtp_auth_failed"


@pytest.mark.parametrize(
    ("answer", "code", "permanent"),
    [
        ("550 5.1.1 no such user", "recipient_refused", True),
        ("550 no such user", "recipient_refused", True),
        ("550 5.7.1 policy", "smtp_550", True),
        ("451 4.7.1 greylisted", "smtp_451", False),
    ],
)
async def test_a_refused_recipient(
    port: int, certificates: Certificates, postbox: Postbox, answer: str, code: str, *, permanent: bool
) -> None:
    postbox.answers[JANE] = answer
    fault = await fault_of(a_mailer(port, certificates))
    assert (fault.code, fault.permanent) == (code, permanent)
    await a_mailer(port, certificates).send(a_mail("bob@example.com"))  # nobody else is the worse for it
    assert postbox.recipients == ["bob@example.com"]


async def test_a_refused_sender_can_be_mended(
    port: int, certificates: Certificates, postbox: Postbox
) -> None:
    postbox.sender_answer = "550 5.7.1 not you"
    assert (await fault_of(a_mailer(port, certificates))).permanent is False


@pytest.mark.parametrize(("answer", "permanent"), [("554 5.6.0 spam", True), ("452 4.3.1 full", False)])
async def test_a_refused_content(
    port: int, certificates: Certificates, postbox: Postbox, answer: str, *, permanent: bool
) -> None:
    postbox.data_answer = answer
    fault = await fault_of(a_mailer(port, certificates))
    assert (fault.code, fault.permanent) == (f"smtp_{answer[:3]}", permanent)


async def test_a_server_that_stalls_after_data_times_out(
    port: int, certificates: Certificates, postbox: Postbox
) -> None:
    postbox.stall_seconds = 1.2
    fault = await fault_of(a_mailer(port, certificates, timeout_seconds=0.4))
    assert (fault.code, fault.permanent) == ("timeout", False)


async def test_a_server_that_drops_the_line_after_data(
    port: int, certificates: Certificates, postbox: Postbox
) -> None:
    postbox.drops = True
    fault = await fault_of(a_mailer(port, certificates))
    assert (fault.code, fault.permanent) == ("connection_failed", False)


async def test_nobody_listens() -> None:
    assert (await fault_of(a_mailer(free_port()))).code == "connection_failed"


async def test_tls_from_the_first_byte(
    certificates: Certificates, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(postbox, tls=certificates.server_context(), implicit=True) as port:
        monkeypatch.setattr("adapters.smtp.mailer.IMPLICIT_TLS_PORT", port)
        await a_mailer(port, certificates, username=None).send(a_mail())
        assert (await fault_of(a_mailer(port))).code == "tls_failed"
    assert len(postbox.received) == 1


async def test_clear_text_only_if_asked_for(postbox: Postbox) -> None:
    with mail_server(postbox) as port:
        await a_mailer(port, encrypts=False, username=None).send(a_mail())
    assert len(postbox.received) == 1


def test_a_password_is_in_no_repr(tmp_path: Path) -> None:
    assert PASSWORD not in repr(a_mailer(25))
