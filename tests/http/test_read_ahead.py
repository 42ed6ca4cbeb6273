"""A read's look at the session opens its transaction. A connection kept hangs the next: the pool has one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for

LIST = "/v1/admin/bookings?from=2026-03-02&to=2026-03-02"


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    pool_of_one = {"DATABASE_POOL_SIZE": "1", "DATABASE_POOL_TIMEOUT_SECONDS": "2"}
    settings = settings_for(tmp_path, postgres, **pool_of_one)
    async with open_app(settings, clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


@contextmanager
def heard(engine: AsyncEngine) -> Iterator[list[str]]:
    """What goes to the server, by its first word or its table."""
    said: list[str] = []

    def listen(connection: Any, *_: Any) -> None:
        driver = connection.driver_connection
        driver.add_query_logger(lambda sent: said.append(sent.query))

    event.listen(engine.sync_engine, "checkout", listen)
    try:
        yield said
    finally:
        event.remove(engine.sync_engine, "checkout", listen)


async def test_a_day_s_list_is_one_transaction_of_two_statements(app: App, company: Company) -> None:
    headers = bearer((await company.log_in()).json())
    assert (await app.client.get(LIST, headers=headers)).status_code == 200
    with heard(await app.container.get(AsyncEngine)) as said:
        assert (await app.client.get(LIST, headers=headers)).status_code == 200
    await asyncio.sleep(0)  # the driver tells a turn later
    begin, session, listing, commit = said
    assert begin.startswith("BEGIN")
    assert "set_config('app.current_org_id'" in begin
    assert "session_state(" in session
    assert "FROM bookings" in listing
    assert commit.startswith("COMMIT")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LIST}&limit=none", 422),  # refused before any unit began
        (f"{LIST}&unheard_of=1", 422),
        ("/v1/admin/bookings/00000000-0000-7000-8000-000000000001", 404),  # refused inside the unit
        ("/v1/auth/me", 200),  # begins another unit: of no organisation
        ("/v1/admin/jobs/status", 200),
        ("/v1/auth/sessions", 200),
        ("/v1/admin/schedule?day=2026-03-02", 200),
    ],
)
async def test_every_read_gives_its_one_connection_back(
    app: App, company: Company, path: str, status: int
) -> None:
    headers = bearer((await company.log_in()).json())
    for _ in range(3):
        assert (await app.client.get(path, headers=headers)).status_code == status
    assert (await app.client.get(LIST, headers=headers)).status_code == 200


async def test_a_refused_session_gives_it_back_too(app: App, company: Company) -> None:
    headers = bearer((await company.log_in()).json())
    await app.client.post("/v1/auth/logout", headers=headers)
    for _ in range(3):
        assert (await app.client.get(LIST, headers=headers)).status_code == 401
    assert (await company.log_in()).status_code == 200
