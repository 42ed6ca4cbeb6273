"""The application as it is served: every controller, every provider, on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for


@pytest.fixture
async def app(postgres: TestDatabase, clock: FixedClock, tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock) as running:
        yield running


async def test_it_is_ready(app: App) -> None:
    answer = await app.client.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"status", "database", "jobs", "redis"}
    assert answer.json()["jobs"]["message"] == "not_required"


async def test_every_admin_route_asks_who_calls(app: App) -> None:
    for path in ("/v1/admin/leads", "/v1/admin/teams", "/v1/auth/me"):
        answer = await app.client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (401, "unauthenticated"), path


async def test_an_unknown_slug_is_not_found(app: App) -> None:
    answer = await app.client.get("/v1/public/nobody-has-this/catalog")
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
