"""Twenty organisations on five connections, on a day when everything goes wrong: nobody sees another's row.

Behind PgBouncer in transaction mode as well, where five connections of ours are three of the server's.
"""

import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

import anyio
import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from adapters.postgres.connection import Limits
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.shared.errors import Unavailable
from tests.http.identity_app import Company, a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for
from tests.support.pgbouncer import pooling

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ORGS, VISITORS, READS_EACH = 20, 200, 10
MOST_TRIES = 8
POOL_SIZE = "5"
MARK = re.compile(r"mark\d\dx")
READS = (
    "/v1/admin/leads",
    "/v1/admin/teams",
    "/v1/admin/bookings?from=2026-03-03&to=2026-03-03",
    "/v1/admin/schedule?day=2026-03-03",
    "/v1/admin/org",
    "/v1/auth/me",
    "/v1/public/{slug}/catalog",
)
KILL_ONE = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and usename = 'sweepline_app' order by random() limit 1
"""


class Nonsense(Exception):
    """What a handler raises who has a defect."""


@dataclass
class Office:
    company: Company
    mark: str
    headers: dict[str, str]

    async def make(self, path: str, body: Any) -> Any:
        answer = await self.company.app.client.request(
            "PATCH" if path.endswith("org") else "POST", path, json=body, headers=self.headers
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def settle(self) -> None:
        await self.make("/v1/admin/org", {"name": f"Company {self.mark}"})
        team = await self.make("/v1/admin/teams", {"name": f"Team {self.mark}"})
        lead = await self.make("/v1/admin/leads", {"name": f"Jane {self.mark}", "phone": "+15550100134"})
        await self.make(
            "/v1/admin/bookings",
            {
                "lead_id": lead["lead_id"],
                "team_id": team["team_id"],
                "starts_at": "2026-03-03T15:00:00Z",
                "duration_minutes": 120,
            },
        )


@dataclass
class Storm:
    """What happens to whom; `wrong` is what must stay empty."""

    offices: list[Office]
    work: PostgresUnitOfWork
    superuser: asyncpg.Connection
    one_at_a_time: anyio.Lock = field(default_factory=anyio.Lock)
    happened: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def read(self, office: Office, path: str) -> int:
        answer = await office.company.app.client.get(
            path.format(slug=office.company.slug), headers=office.headers
        )
        marks = set(MARK.findall(answer.text))
        if marks != ({office.mark} if answer.status_code == 200 else set()):
            self.wrong.append(f"{office.mark} asked {path}: {answer.status_code} {answer.text}")
        if answer.status_code not in {200, 503}:
            self.wrong.append(f"{path}: {answer.status_code} {answer.text}")
        self.happened[str(answer.status_code)] += 1
        return answer.status_code

    async def visit(self, number: int) -> None:
        chance, office = Random(number), self.offices[number % len(self.offices)]
        mischief: list[Callable[[Office, Random], Awaitable[None]]] = [
            self.hang_up,
            self.take_too_long,
            self.fail,
            self.write,
            self.lose_a_connection,
        ]
        for _ in range(READS_EACH):
            for _ in range(MOST_TRIES):
                if await self.read(office, chance.choice(READS)) == 200:
                    break
            if chance.random() < 0.4:
                deed = chance.choice(mischief)
                await deed(office, chance)
                self.happened[deed.__name__] += 1

    async def hang_up(self, office: Office, chance: Random) -> None:
        with anyio.move_on_after(chance.uniform(0, 0.5)):
            for path in READS:
                await self.read(office, path)

    async def take_too_long(self, office: Office, _chance: Random) -> None:
        with pytest.raises(Unavailable):
            async with self.work.within(Limits(statement_ms=20)).begin(office.company.created.org_id) as unit:
                await unit.connection.execute(text("select name, pg_sleep(1) from leads"))

    async def fail(self, office: Office, _chance: Random) -> None:
        with suppress(Nonsense, Unavailable):
            async with self.work.begin(office.company.created.org_id) as unit:
                names = (await unit.connection.execute(text("select name from leads"))).scalars().all()
                if set(MARK.findall(repr(names))) != {office.mark}:
                    self.wrong.append(f"{office.mark} saw {names}")
                raise Nonsense

    async def write(self, office: Office, chance: Random) -> None:
        body = {"name": f"Late {office.mark}", "phone": f"+1555{chance.randrange(10**7):07}"}
        answer = await office.company.app.client.post("/v1/admin/leads", json=body, headers=office.headers)
        if answer.status_code not in {201, 503}:
            self.wrong.append(answer.text)

    async def lose_a_connection(self, _office: Office, _chance: Random) -> None:
        async with self.one_at_a_time:
            await self.superuser.execute(KILL_ONE)


@pytest.fixture(
    params=[pytest.param("direct"), pytest.param("pooled", marks=pytest.mark.pooler)], scope="module"
)
def connected(request: pytest.FixtureRequest, postgres: TestDatabase) -> Any:
    """A database of its own, as connections of it are killed, and how the application is told to reach it."""
    with postgres.clone("storm") as database:
        if request.param == "direct":
            yield database, {}
            return
        with pooling(database) as url:
            yield database, {"DATABASE_URL": url, "DATABASE_PREPARED_STATEMENTS": "false"}


@pytest.fixture
async def storm(connected: Any, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Storm]:
    database, environ = connected
    superuser = await asyncpg.connect(database.superuser_url.replace("+asyncpg", ""))
    settings = settings_for(tmp_path, database, DATABASE_POOL_SIZE=POOL_SIZE, **environ)
    async with open_app(settings, clock, cheap_passwords()) as app:
        companies = [await a_company(app) for _ in range(ORGS)]
        offices = [
            Office(company, f"mark{number:02}x", await company.bearer())
            for number, company in enumerate(companies)
        ]
        for office in offices:
            await office.settle()
        work = cast("PostgresUnitOfWork", await app.container.get(UnitOfWork))
        yield Storm(offices, work, superuser)
    await superuser.close()


async def test_no_row_of_another_is_seen_whatever_happens_to_the_connections(storm: Storm) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(VISITORS):
            tasks.start_soon(storm.visit, number)
    sys.stdout.write(f"\n{dict(storm.happened)}\n")
    assert not storm.wrong, "\n".join(storm.wrong[:5])
    assert storm.happened["200"] >= VISITORS * READS_EACH
    assert (
        min(storm.happened[deed] for deed in ("hang_up", "take_too_long", "fail", "lose_a_connection")) > 50
    )


async def test_afterwards_everything_is_where_it_belongs(storm: Storm) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(storm.visit, number)
    owners = {office.company.created.org_id: office.mark for office in storm.offices}
    for org_id, name in await storm.superuser.fetch("select org_id, name from leads"):
        assert org_id not in owners or MARK.findall(name) == [owners[org_id]]
    engine = await storm.offices[0].company.app.container.get(AsyncEngine)
    assert cast("QueuePool", engine.pool).checkedout() == 0
    for office in storm.offices:
        assert {await storm.read(office, path) for path in READS} == {200}
    assert not storm.wrong
