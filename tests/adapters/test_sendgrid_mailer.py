"""The SendGrid adapter against a stand-in that knows one key and takes one shape."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx2
import pytest

from adapters.peers.retry_after import retry_after_seconds
from adapters.sendgrid.mailer import SendGridMailer
from application.ports.mailer import Mail
from domain.delivery.faults import DeliveryFailed, Fault
from entrypoints.cli import doctor
from entrypoints.sending.mail import open_mailer
from entrypoints.settings import load_settings
from tests.support.fake_sendgrid import KEY, FakeSendGrid, open_fake_sendgrid
from tests.support.mails import EVENT, ORG, a_mail

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)


@pytest.fixture
def provider() -> Iterator[FakeSendGrid]:
    with open_fake_sendgrid() as fake:
        yield fake


@pytest.fixture
async def mailer(provider: FakeSendGrid) -> AsyncIterator[SendGridMailer]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield SendGridMailer(client, KEY, timeout_seconds=0.5, api=provider.url)


async def fault_of(mailer: SendGridMailer, mail: Mail | None = None) -> Fault:
    with anyio.fail_after(5), pytest.raises(DeliveryFailed) as caught:
        await mailer.send(mail or a_mail())
    return caught.value.fault


async def test_the_provider_learns_our_ids_and_nothing_personal_beside_the_mail(
    mailer: SendGridMailer, provider: FakeSendGrid
) -> None:
    assert await mailer.send(a_mail()) == "sg-1"
    (taken,) = provider.taken
    assert taken["custom_args"] == {"org_id": str(ORG), "event_id": str(EVENT)}
    assert taken["headers"]["Message-ID"] == f"<{EVENT}@example.org>"
    assert not any(setting["enable"] for setting in taken["tracking_settings"].values())


@pytest.mark.parametrize(
    ("mood", "code", "taken"),
    [("stall", "timeout", 0), ("drop", "connection_failed", 0), ("forget", "connection_failed", 1)],
)
async def test_a_provider_that_does_not_answer_is_tried_again(
    mailer: SendGridMailer, provider: FakeSendGrid, mood: str, code: str, taken: int
) -> None:
    provider.mood = mood
    fault = await fault_of(mailer)
    assert (fault.code, fault.permanent, len(provider.taken)) == (code, False, taken)


async def test_what_the_provider_asks_to_wait_is_kept(mailer: SendGridMailer, provider: FakeSendGrid) -> None:
    provider.answers = (429, {"Retry-After": "120"})
    assert (await fault_of(mailer)).retry_after_seconds == 120
    provider.answers = (503, {"Retry-After": "Mon, 02 Mar 2026 14:01:30 GMT"})
    assert (await fault_of(mailer)).retry_after_seconds == 90
    provider.answers = (500, {"Retry-After": "120"})  # nobody asked for it there
    assert (await fault_of(mailer)).retry_after_seconds is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("30", 30),
        ("9" * 50, 999_999_999),
        ("000000000090", 90),
        ("Mon, 02 Mar 2026 13:00:00 GMT", 0),
        ("Mon, 02 Mar 2026 14:00:01 -0000", 1),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("Mon, 99 Mar 2026 99:00:00 GMT", None),
        ("Mon, 02 Mar 2026 14:00:01 +99999999999999999999", None),
        ("Mon, 02 Mar 99999999999 14:00:01 GMT", None),
    ],
)
def test_retry_after_in_both_forms(header: str | None, seconds: int | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


async def test_a_wrong_key_can_be_mended_and_is_shown_nowhere(provider: FakeSendGrid) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        mailer = SendGridMailer(client, "SG.canary", api=provider.url)
        fault = await fault_of(mailer)
        assert (fault.code, fault.permanent, fault.http_status) == ("status_401", False, 401)
        assert "canary" not in repr(mailer) + repr(fault)


async def test_nobody_listens() -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (
            await fault_of(SendGridMailer(client, KEY, api="http://127.0.0.1:9"))
        ).code == "connection_failed"


async def test_clear_text_behind_an_https_address(provider: FakeSendGrid) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        api = provider.url.replace("http://", "https://")
        assert (await fault_of(SendGridMailer(client, KEY, api=api))).code == "tls_failed"


async def test_the_key_is_asked_what_it_may_do(mailer: SendGridMailer, provider: FakeSendGrid) -> None:
    await mailer.greet()
    provider.scopes = ("user.profile.read",)
    with pytest.raises(DeliveryFailed, match="status_403"):
        await mailer.greet()
    assert provider.taken == []


async def test_the_mode_sends_and_the_doctor_asks(
    provider: FakeSendGrid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("entrypoints.sending.mail.SENDGRID", provider.url)
    environ = {
        "APP_ENV": "dev",
        "SWEEPLINE_HOME": str(tmp_path),
        "EMAIL_MODE": "sendgrid",
        "EMAIL_FROM": "office@example.org",
        "SENDGRID_API_KEY": KEY,
    }
    settings = load_settings(environ)
    async with open_mailer(settings) as mailer:
        await mailer.send(a_mail())
    assert len(provider.taken) == 1
    assert await doctor.CHECKS["mail"](settings) == "sendgrid: the key may send mail"
