"""The limits of a whole installation: real tokens, real PostgreSQL, real Redis, two processes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import httpx
import pytest

from adapters.limits.on_redis import RedisRateLimits
from tests.http.identity_app import Company, a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.redis import RedisServer, open_redis

ME = "/v1/auth/me"
FEW = {"RATE_LIMIT_PER_MINUTE": "3", "RATE_LIMIT_CALLER_PER_MINUTE": ""}


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with open_redis() as server:
        yield server


@pytest.fixture
async def apps(
    postgres: TestDatabase, clock: FixedClock, tmp_path: Path, redis: RedisServer
) -> AsyncIterator[list[App]]:
    """Two processes of one installation that share a Redis."""
    settings = settings_for(tmp_path, postgres, **FEW, REDIS_URL=redis.url)
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(open_app(settings, clock, cheap_passwords())) for _ in range(2)
        ]
        for app in opened:
            limits = await app.container.get(RedisRateLimits)
            limits.budget_seconds = 10  # a busy machine is no defect
            assert (await app.client.get("/readyz")).json()["redis"] == "ok"
        yield opened


@pytest.fixture
async def company(apps: list[App]) -> Company:
    return await a_company(apps[0])


def stand(answer: httpx.Response) -> tuple[int, int, int]:
    """Status, limit, remaining."""
    limit, remaining = answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]
    return answer.status_code, int(limit), int(remaining)


async def test_a_person_has_ten_times_an_address_in_all_processes_together(
    apps: list[App], company: Company
) -> None:
    headers = await company.bearer()
    found = [stand(await apps[n % 2].client.get(ME, headers=headers)) for n in range(31)]
    assert found == [(200, 30, 29 - n) for n in range(30)] + [(429, 30, 0)]
    assert stand(await apps[0].client.get(ME)) == (401, 3, 1)  # the login was the first of this address


async def test_a_token_that_ran_out_counts_for_its_person_and_a_forged_one_for_its_address(
    apps: list[App], company: Company, clock: FixedClock
) -> None:
    token = (await company.tokens())["access_token"]
    head, body, signature = token.split(".")
    clock.advance(hours=1)
    assert stand(await apps[0].client.get(ME, headers=_bearer(token))) == (401, 30, 29)
    forged = f"{head}.{body}.{signature[::-1]}"
    assert stand(await apps[0].client.get(ME, headers=_bearer(forged))) == (401, 3, 1)
    assert stand(await apps[0].client.get(ME, headers=_bearer(token) | {"x": "y"})) == (401, 30, 28)


async def test_limits_hold_and_readiness_says_so_while_redis_is_dead(
    apps: list[App], redis: RedisServer
) -> None:
    one = apps[0].client
    assert stand(await one.get(ME)) == (401, 3, 2)
    redis.kill()
    with anyio.fail_after(5):  # what a probe saw is good for a moment
        while (ready := await one.get("/readyz")).json()["redis"] != "degraded":  # noqa: ASYNC110  # no event tells
            await anyio.sleep(0.05)
    assert ready.status_code == 200
    found = [stand(await one.get(ME, headers={"x-forwarded-for": f"1.2.3.{n}"})) for n in range(5)]
    assert found == [(401, 3, 1), (401, 3, 0)] + [(429, 3, 0)] * 3


async def test_an_admin_makes_so_many_users_a_minute_and_a_missing_key_is_told_before_the_limit(
    postgres: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, postgres, ADMIN_ACTION_RATE_LIMIT_PER_MINUTE="1")
    async with open_app(settings, clock, cheap_passwords()) as app:
        company = await a_company(app)
        headers = await company.bearer()
        body = {"email": f"new-{company.email}", "role": "viewer"}
        made = await app.client.post("/v1/iam/users", json=body, headers=headers)
        assert stand(made) == (201, 1, 0)
        again = await app.client.post("/v1/iam/users", json=body, headers=headers)
        assert (stand(again), again.json()["type"]) == ((429, 1, 0), "rate_limited")
        reset = f"/v1/iam/users/{made.json()['user_id']}/reset-temp-password"
        for _ in range(2):
            keyless = await app.client.post(reset, json={}, headers=headers)
            assert (keyless.status_code, keyless.json()["type"]) == (400, "idempotency_key_required")
        keyed = await app.client.post(reset, json={}, headers=headers | {"idempotency-key": "reset-1"})
        assert stand(keyed) == (200, 1, 0)


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
