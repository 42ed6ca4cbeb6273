"""Wrong tries over HTTP: nobody learns who exists, and nothing that a caller sends buys another guess."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.identity_app import PASSWORD, Company, a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS
from tests.support.rates import headers_that_stay


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


def nobody() -> str:
    return f"nobody-{IDS.new().hex[-12:]}@acme.example"


async def log_in(app: App, email: str, password: str, **headers: str) -> httpx.Response:
    body = {"email": email, "password": password}
    return await app.client.post(
        "/v1/auth/login", json=body, headers={"x-request-id": "the-same-1", **headers}
    )


def seen(response: httpx.Response) -> tuple[Any, ...]:
    """All that a caller can compare."""
    return response.status_code, response.content, headers_that_stay(response)


async def test_a_full_bucket_looks_the_same_for_everybody(app: App, company: Company) -> None:
    temporary = await a_company(app, password=None)
    app.clock.advance(days=2)  # its password is over
    answers = []
    for email in (company.email, temporary.email, nobody()):
        for _ in range(10):
            response = await log_in(app, email, "wrong")
            assert (response.status_code, response.json()["type"]) == (401, "invalid_credentials")
        refused = await log_in(app, email, PASSWORD)
        assert (refused.status_code, refused.json()["type"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "900"
        assert "www-authenticate" not in refused.headers
        answers.append(seen(refused))
        app.clock.advance(minutes=15)  # or the address would be full
    assert answers[0] == answers[1] == answers[2]


async def guesses_let_through(app: App, company: Company, forged: int, *, behind: str = "") -> int:
    """Each from an address that the caller made up."""
    through = 0
    for number in range(forged):
        made_up = f"198.51.{number // 250}.{number % 250 + 1}"
        chain = f"{made_up}, {behind}" if behind else made_up
        response = await log_in(app, company.email, "wrong", **{"x-forwarded-for": chain})
        through += response.status_code == 401
    return through


async def test_forged_addresses_buy_no_guesses(app: App, company: Company) -> None:
    assert await guesses_let_through(app, company, 25) == 10


@pytest.mark.slow
async def test_a_thousand_forged_addresses_buy_no_guesses(app: App, company: Company) -> None:
    assert await guesses_let_through(app, company, 1000) == 10


async def test_forged_hops_before_a_trusted_proxy_buy_no_guesses_for_anybody(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    trusting = {"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_CIDRS": "fd00::/8"}
    async with open_app(settings_for(tmp_path, postgres, **trusting), clock, cheap_passwords()) as app:
        statuses = []
        for number in range(33):
            chain = f"198.51.100.{number + 1}, 2001:db8::{IDS.new().hex[-4:]}"
            response = await log_in(app, nobody(), "wrong", **{"x-forwarded-for": chain})
            statuses.append(response.status_code)
    assert statuses == [401] * 30 + [429] * 3


async def test_a_signed_in_guesser_is_told_to_wait_as_well(app: App, company: Company) -> None:
    headers = await company.bearer()
    body = {"current_password": "wrong", "new_password": "four other words entirely"}
    for _ in range(10):
        response = await app.client.post("/v1/auth/change-password", json=body, headers=headers)
        assert response.status_code == 401
    response = await app.client.post("/v1/auth/change-password", json=body, headers=headers)
    assert (response.status_code, response.json()["type"]) == (429, "rate_limited")
    assert response.headers["retry-after"] == "900"
