"""Gate 8, its second half: a route that is marked wants a session that proved itself lately."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Controller

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Need, Role
from entrypoints.http.app import CONTROLLERS
from entrypoints.http.routes import FRESH, post
from tests.http.identity_app import PASSWORD, Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for

DEED = "/v1/test/deed"


class DeedController(Controller):
    path = DEED

    @post(need=Need.OWNER, summary="Something grave", traits=(FRESH,), status_code=200)
    async def deed(self) -> dict[str, str]:
        return {"status": "done"}


@pytest.fixture
async def company(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Company]:
    mine = [*CONTROLLERS, DeedController]
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords(), controllers=mine) as app:
        yield await a_company(app)


async def send(company: Company, path: str, headers: Any, body: Any = None) -> tuple[int, Any]:
    response = await company.app.client.post(path, headers=headers, json=body)
    answer = response.json()
    return response.status_code, answer.get("type", answer)


async def test_a_session_is_fresh_for_five_minutes_and_again_after_a_proof(
    company: Company, clock: FixedClock
) -> None:
    headers = await company.bearer()
    done, stale = (200, {"status": "done"}), (403, "step_up_required")
    clock.advance(minutes=5)
    assert await send(company, DEED, headers) == done  # at most five minutes ago
    clock.advance(microseconds=1)
    assert await send(company, DEED, headers) == stale
    wrong = await send(company, "/v1/auth/step-up", headers, {"password": "not it at all, no"})
    assert wrong == (401, "invalid_credentials")
    assert await send(company, DEED, headers) == stale
    status, answer = await send(company, "/v1/auth/step-up", headers, {"password": PASSWORD})
    me = (await company.app.client.get("/v1/auth/me", headers=headers)).json()
    assert (status, answer["fresh_until"]) == (200, me["fresh_until"])
    assert await send(company, DEED, headers) == done


async def test_the_need_is_asked_before_freshness(company: Company, clock: FixedClock) -> None:
    headers = await company.bearer()
    clock.advance(minutes=6)
    assert (await send(company, DEED, {}))[1] == "unauthenticated"
    uow = await company.app.container.get(UnitOfWork)
    async with uow.begin(company.created.org_id) as unit:
        membership = await unit.memberships.lock(company.created.user_id)
        await unit.memberships.save(replace(membership, role=Role.ADMIN))
    assert await send(company, DEED, headers) == (403, "forbidden")


async def test_a_password_change_counts_as_a_proof(company: Company, clock: FixedClock) -> None:
    headers = await company.bearer()
    clock.advance(minutes=6)
    body = {"current_password": PASSWORD, "new_password": "four other words entirely"}
    response = await company.app.client.post("/v1/auth/change-password", headers=headers, json=body)
    assert await send(company, DEED, bearer(response.json())) == (200, {"status": "done"})


async def test_a_refresh_proves_nothing(company: Company, clock: FixedClock) -> None:
    tokens = await company.tokens()
    clock.advance(minutes=6)
    body = {"refresh_token": tokens["refresh_token"]}
    refreshed = (await company.app.client.post("/v1/auth/refresh", json=body)).json()
    assert await send(company, DEED, bearer(refreshed)) == (403, "step_up_required")
