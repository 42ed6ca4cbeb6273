from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


async def test_signing_in_opens_the_organisation(company: Company) -> None:
    response = await company.log_in()
    assert response.status_code == 200
    me = await company.app.client.get("/v1/auth/me", headers=bearer(response.json()))
    assert me.status_code == 200
