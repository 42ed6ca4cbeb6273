"""D16: 503 for a database gone, behind, unguarded, or reached by a role that bypasses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from entrypoints.draining import Draining
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for


@pytest.fixture
def broken(postgres: TestDatabase) -> Any:
    """A database of its own, to be broken."""
    with postgres.clone("ready") as copy:
        yield copy


@asynccontextmanager
async def app_on(database: TestDatabase, clock: FixedClock, home: Path, **environ: str) -> AsyncIterator[App]:
    async with open_app(settings_for(home, database, **environ), clock) as app:
        yield app


def message(answer: httpx.Response) -> str:
    problem = answer.json()
    assert answer.status_code == 503, answer.text
    assert (problem["type"], answer.headers["content-type"]) == ("not_ready", "application/problem+json")
    assert set(problem) >= {"database", "jobs", "redis"}
    assert problem["database"]["ok"] is False
    found: str = problem["database"]["message"]
    return found


async def test_ready_says_exactly_this(postgres: TestDatabase, clock: FixedClock, tmp_path: Path) -> None:
    async with app_on(postgres, clock, tmp_path) as app:
        body = (await app.client.get("/readyz")).json()
        assert (await app.client.head("/readyz")).status_code == 200
    latency_ms = body["database"].pop("latency_ms")
    version = body["database"].pop("current_version")
    assert body == {
        "status": "ok",
        "database": {
            "ok": True,
            "message": "reachable",
            "migrations_current": True,
            "expected_head": version,
            "tenant_isolation": True,
        },
        "jobs": {
            "ok": True,
            "enabled": False,
            "message": "not_required",
            "last_heartbeat": None,
            "age_seconds": None,
            "threshold_seconds": 300,
        },
        "redis": "off",
    }
    assert 0 <= latency_ms < 1000


@pytest.mark.parametrize(
    ("sabotage", "expected"),
    [
        ("alter table leads no force row level security", "tenant_isolation_broken"),
        ("alter table leads disable row level security", "tenant_isolation_broken"),
        ("create table strays (org_id uuid not null)", "tenant_isolation_broken"),
        ("update alembic_version set version_num = '0000'", "migrations_behind"),
        ("update alembic_version set version_num = '9999'", "migrations_unknown"),
        ("drop table alembic_version", "migrations_behind"),
        ("create policy leak on leads for select using (true)", "tenant_isolation_broken"),
    ],
)
async def test_it_is_not_ready_on(
    broken: TestDatabase, clock: FixedClock, tmp_path: Path, sabotage: str, expected: str
) -> None:
    broken.execute(sabotage)
    async with app_on(broken, clock, tmp_path) as app:
        assert message(await app.client.get("/readyz")) == expected


async def test_a_role_that_bypasses_is_not_ready(
    postgres: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, None, DATABASE_URL=postgres.superuser_url)
    async with open_app(settings, clock) as app:
        assert message(await app.client.get("/readyz")) == "tenant_isolation_broken"


async def test_a_database_that_is_gone_is_unreachable(clock: FixedClock, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, None, DATABASE_URL=f"postgresql://app@/db?host={tmp_path}")
    async with open_app(settings, clock) as app:
        answer = await app.client.get("/readyz")
        assert message(answer) == "unreachable"
        assert "retry-after" in answer.headers


async def test_a_read_only_database_is_not_ready(
    broken: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    broken.execute(f"alter database {broken.name} set default_transaction_read_only = on")
    async with app_on(broken, clock, tmp_path) as app:
        assert message(await app.client.get("/readyz")) == "read_only"


async def test_a_database_that_hangs_is_told_in_time_and_the_process_lives(
    broken: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    holder = await asyncpg.connect(broken.superuser_url.replace("+asyncpg", ""))
    try:
        await holder.execute("begin; lock table alembic_version in access exclusive mode")
        async with app_on(broken, clock, tmp_path) as app:
            began = monotonic()
            probe = asyncio.ensure_future(app.client.get("/readyz"))
            while not probe.done():
                asked = monotonic()
                assert (await app.client.get("/healthz")).status_code == 200
                assert (
                    monotonic() - asked < 0.5
                )  # the contract's 50 ms, on a machine that does more than this
                await asyncio.sleep(0.1)
            assert message(await probe) == "timeout"
            assert monotonic() - began < 2
    finally:
        await holder.close()


async def test_a_pool_that_is_taken_does_not_keep_the_answer(
    postgres: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    """The probe has a connection of its own: a busy instance is no broken one."""
    async with app_on(postgres, clock, tmp_path, DATABASE_POOL_SIZE="1") as app:
        engine = await app.container.get(AsyncEngine)
        async with engine.connect():
            began = monotonic()
            assert (await app.client.get("/readyz")).status_code == 200
            assert monotonic() - began < 2


async def test_draining_is_not_ready(postgres: TestDatabase, clock: FixedClock, tmp_path: Path) -> None:
    async with app_on(postgres, clock, tmp_path) as app:
        (await app.container.get(Draining)).begun = True
        answer = await app.client.get("/readyz")
        assert (answer.status_code, answer.json()["detail"]) == (503, "Not ready: draining.")


async def test_the_heartbeat_counts_when_required(
    broken: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    async with app_on(broken, clock, tmp_path, JOB_HEARTBEAT_REQUIRED="true") as app:
        assert (await app.client.get("/readyz")).json()["jobs"]["message"] == "missing"
    beat = clock.now()
    broken.execute(
        f"insert into job_heartbeats (name, last_heartbeat) values ('jobs-runner', '{beat.isoformat()}') "
        "on conflict (name) do update set last_heartbeat = excluded.last_heartbeat"
    )
    clock.set(beat + timedelta(seconds=300))
    async with app_on(broken, clock, tmp_path, JOB_HEARTBEAT_REQUIRED="true") as app:
        fresh = (await app.client.get("/readyz")).json()["jobs"]
        assert (fresh["message"], fresh["age_seconds"]) == ("fresh", 300)
    clock.set(beat + timedelta(seconds=301))
    async with app_on(broken, clock, tmp_path, JOB_HEARTBEAT_REQUIRED="true") as app:
        assert (await app.client.get("/readyz")).json()["jobs"]["message"] == "stale"


async def test_versions_are_for_dev_and_the_operator(
    postgres: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    from tests.cli.test_settings import SOUND

    environ = {**SOUND, "DATABASE_URL": postgres.app_url}
    settings = settings_for(tmp_path, None, **environ)
    async with open_app(settings, clock) as app:
        hidden = (await app.client.get("/readyz")).json()["database"]
        assert (hidden["current_version"], hidden["expected_head"]) == (None, None)
        token = {"authorization": f"Bearer {SOUND['METRICS_TOKEN']}"}
        shown = (await app.client.get("/readyz", headers=token)).json()["database"]
        assert shown["current_version"] == shown["expected_head"] is not None
