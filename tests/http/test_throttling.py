"""Wrong tries over HTTP: nobody learns who exists, and nothing that a caller sends buys another guess."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from dishka import Provider, Scope

from adapters.argon2.passwords import AT_ONCE, Argon2Passwords
from application.identity.origin import Origin
from application.identity.throttling import Throttling
from application.ports.passwords import Passwords
from domain.identity.wrong_tries import MOST_IN_A_ROW
from tests.http.identity_app import PASSWORD, Company, a_company, cheap_passwords
from tests.http.staff import open_staff
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS, an_address
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


async def test_a_full_queue_of_hashes_is_503_and_takes_no_try(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    full = Provider(scope=Scope.APP)
    full.provide(lambda: Argon2Passwords(queue=-AT_ONCE), provides=Passwords)
    async with open_app(settings_for(tmp_path, postgres), clock, full) as app:
        email = nobody()
        for _ in range(12):
            response = await log_in(app, email, "wrong")
            assert (response.status_code, response.json()["type"]) == (503, "overloaded")
            assert int(response.headers["retry-after"]) > 0


async def lock(app: App, email: str) -> None:
    """A hundred wrong tries in a row, ten each quarter of an hour."""
    throttling = await app.container.get(Throttling)
    for number in range(MOST_IN_A_ROW):
        if number % 10 == 0:
            app.clock.advance(minutes=15)
        await throttling.admit_password(Origin("request-1", an_address(), None), email)
    app.clock.advance(minutes=15)


async def test_a_reset_link_opens_a_door_that_a_hundred_tries_in_a_row_shut(app: App) -> None:
    staff = await open_staff(app)
    email = staff.owner.email
    await lock(app, email)
    assert (await log_in(app, email, PASSWORD)).status_code == 429
    await staff.public("password-reset/request", {"email": email})
    token = (await staff.links(email, "password_reset_link"))[-1]
    chosen = "seven bright umbrellas in a row"
    await staff.public("password-reset/confirm", {"token": token, "new_password": chosen})
    assert (await log_in(app, email, chosen)).status_code == 200


async def test_an_administrator_s_reset_opens_it_too(app: App) -> None:
    staff = await open_staff(app)
    made = await staff.ask("POST", "", {"email": nobody()})
    assert made.status_code == 201
    user = made.json()
    await lock(app, user["email"])
    assert (await log_in(app, user["email"], user["temp_password"])).status_code == 429
    await staff.log_in(staff.owner)
    key = {"idempotency-key": "reset-1"}
    reset = await staff.ask("POST", f"/{user['user_id']}/reset-temp-password", {}, headers=key)
    assert (await log_in(app, user["email"], reset.json()["temp_password"])).status_code == 200
