"""The Turnstile adapter against a stand-in that checks secret and token, fails and stalls."""

from collections.abc import AsyncIterator, Iterator

import anyio
import httpx2
import pytest

from adapters.system.human_check import NoHumanCheck
from adapters.turnstile.human_check import TurnstileHumanCheck
from domain.leads.errors import CaptchaFailed
from domain.shared.errors import Unavailable
from tests.support.fake_turnstile import GOOD_TOKEN, SECRET, FakeTurnstile, open_fake_turnstile


@pytest.fixture
def provider() -> Iterator[FakeTurnstile]:
    with open_fake_turnstile() as fake:
        yield fake


@pytest.fixture
async def check(provider: FakeTurnstile) -> AsyncIterator[TurnstileHumanCheck]:
    async with httpx2.AsyncClient() as client:
        yield TurnstileHumanCheck(client, SECRET, "site-key", provider.url, timeout_seconds=0.5)


async def test_a_good_token_passes_once(check: TurnstileHumanCheck, provider: FakeTurnstile) -> None:
    await check.check(GOOD_TOKEN, "203.0.113.7")
    assert provider.addresses == ["203.0.113.7"]
    with pytest.raises(CaptchaFailed):
        await check.check(GOOD_TOKEN, "203.0.113.7")


@pytest.mark.parametrize("token", [None, "", "forged"])
async def test_a_missing_or_refused_token_fails(check: TurnstileHumanCheck, token: str | None) -> None:
    with pytest.raises(CaptchaFailed):
        await check.check(token, None)


@pytest.mark.parametrize("fault", ["error", "garbage", "stall", "busy"])
async def test_a_provider_in_trouble_is_never_a_pass(
    check: TurnstileHumanCheck, provider: FakeTurnstile, fault: str
) -> None:
    provider.fault = fault
    for token in (GOOD_TOKEN, "forged"):
        with anyio.fail_after(2), pytest.raises(Unavailable) as caught:
            await check.check(token, None)
        assert caught.value.retry_after_seconds


async def test_a_wrong_secret_is_our_trouble_and_no_pass(provider: FakeTurnstile) -> None:
    async with httpx2.AsyncClient() as client:
        check = TurnstileHumanCheck(client, "another", None, provider.url)
        with pytest.raises(Unavailable):
            await check.check(GOOD_TOKEN, None)
        assert "another" not in repr(check)


async def test_nobody_at_the_address_is_no_pass() -> None:
    async with httpx2.AsyncClient() as client:
        check = TurnstileHumanCheck(client, SECRET, None, "http://127.0.0.1:9/siteverify")
        with pytest.raises(Unavailable):
            await check.check(GOOD_TOKEN, None)


async def test_switched_off_everybody_passes() -> None:
    check = NoHumanCheck()
    assert check.terms.mode == "off"
    for token in (None, "", "anything"):
        await check.check(token, None)


def test_what_a_page_needs_is_told(check: TurnstileHumanCheck) -> None:
    assert (check.terms.mode, check.terms.site_key) == ("turnstile", "site-key")
