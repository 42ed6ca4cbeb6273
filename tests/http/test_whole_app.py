"""The application as it is served: every controller, every provider, on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.outbox_views import MessageFilter
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.shop import open_org


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


async def test_a_message_knows_the_request_that_caused_it(
    app: App, postgres_uow: PostgresUnitOfWork, clock: FixedClock
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    org_id, slug = await open_org(postgres_uow, clock)
    home = {"beds": 2, "baths": 1, "frequency": "biweekly"}
    lead = {"name": "Jane", "phone": "+1 416 555 0134", "email": "jane@example.com", "home": home}
    for sent, kept in ((trace, trace), (trace.replace("b7ad6b7169203331", "0" * 16), ""), (None, "")):
        headers = {"x-request-id": f"asked-{uuid4().hex}", **({"traceparent": sent} if sent else {})}
        answer = await app.client.post(f"/v1/public/{slug}/leads", json=lead, headers=headers)
        assert answer.status_code == 201, answer.text
        async with postgres_uow.begin(org_id) as unit:
            (latest, *_) = await unit.outbox_views.list_page(MessageFilter(), None, 10)
        assert (latest.request_id, latest.traceparent) == (headers["x-request-id"], kept)
        clock.advance(seconds=1)
