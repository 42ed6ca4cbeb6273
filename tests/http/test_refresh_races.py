"""A refresh token used by many at once: one child, whatever the grace, one current token in the family."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for

CROWD = 50
CURRENT = """
select count(*) from refresh_tokens t join sessions s using (org_id, session_id)
where s.session_id = '{session}' and s.revoked_at is null and t.rotated_at is null
"""
ISSUED = "select count(*) from refresh_tokens where session_id = '{session}'"


@pytest.fixture(params=["0", "10"])
async def app(
    request: pytest.FixtureRequest, postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> AsyncIterator[App]:
    settings = settings_for(tmp_path, postgres, AUTH_REFRESH_REUSE_GRACE_SECONDS=request.param)
    async with open_app(settings, clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


def has_grace(app: App) -> bool:
    return app.settings.auth.refresh_reuse_grace_seconds > 0


async def at_once(app: App, *tokens: str) -> list[httpx.Response]:
    answers: list[httpx.Response] = []

    async def use(token: str) -> None:
        answers.append(await app.client.post("/v1/auth/refresh", json={"refresh_token": token}))

    async with anyio.create_task_group() as tasks:
        for token in tokens:
            tasks.start_soon(use, token)
    assert len(answers) == len(tokens)
    return answers


async def opens(app: App, tokens: dict[str, Any]) -> bool:
    answer = await app.client.get("/v1/auth/me", headers=bearer(tokens))
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


async def test_fifty_uses_have_one_child(app: App, company: Company, postgres: TestDatabase) -> None:
    first = await company.tokens()
    session = first["session_id"]
    answers = await at_once(app, *[first["refresh_token"]] * CROWD)
    granted = [answer.json() for answer in answers if answer.status_code == 200]
    assert len({tokens["refresh_token"] for tokens in granted}) == 1
    assert postgres.execute(ISSUED.format(session=session)) == "2"
    assert not await opens(app, first)
    if has_grace(app):
        assert len(granted) == CROWD
        assert postgres.execute(CURRENT.format(session=session)) == "1"
        assert all([await opens(app, tokens) for tokens in granted])
        return
    assert len(granted) == 1
    refused = Counter(answer.json().get("type") for answer in answers)
    assert refused["refresh_reused"] == CROWD - 1
    assert postgres.execute(CURRENT.format(session=session)) == "0"
    assert not await opens(app, granted[0])


async def test_a_spent_token_ends_the_family_after_the_grace(
    app: App, company: Company, clock: FixedClock, postgres: TestDatabase
) -> None:
    first = await company.tokens()
    (child,) = [answer.json() for answer in await at_once(app, first["refresh_token"])]
    clock.advance(seconds=app.settings.auth.refresh_reuse_grace_seconds)
    assert await opens(app, child)
    answers = await at_once(app, *[first["refresh_token"]] * CROWD)
    assert Counter((a.status_code, a.json()["type"]) for a in answers) == {(401, "refresh_reused"): CROWD}
    assert not await opens(app, child)
    assert postgres.execute(CURRENT.format(session=first["session_id"])) == "0"
    (late,) = await at_once(app, child["refresh_token"])
    assert (late.status_code, late.json()["type"]) == (401, "refresh_invalid")
    mails = "select count(*) from outbox_events where event_type = 'refresh_reused' and org_id = '{org}'"
    assert postgres.execute(mails.format(org=company.created.org_id)) == "1"


async def test_parent_and_child_at_once_leave_at_most_one_current_token(
    app: App, company: Company, postgres: TestDatabase
) -> None:
    first = await company.tokens()
    (answer,) = await at_once(app, first["refresh_token"])
    child = answer.json()
    both = [first["refresh_token"], child["refresh_token"]] * (CROWD // 2)
    answers = await at_once(app, *both)
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert int(postgres.execute(ISSUED.format(session=first["session_id"]))) <= 3
    assert int(postgres.execute(CURRENT.format(session=first["session_id"]))) <= 1
