"""Locks of jobs on PostgreSQL: they outlast the idle time of their transaction, and cost the pool nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from adapters.postgres.connection import Limits
from adapters.postgres.job_locks import PostgresJobLocks
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.job_locks import JobLocks
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for


async def test_a_lock_outlasts_the_idle_time_of_its_transaction(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    """A clean-up that took minutes lost its lock after one, and the night's work counted as failed."""
    locks = PostgresJobLocks(postgres_uow, Limits(idle_ms=200), words_seconds=0.05)
    async with locks.hold("retention-cleanup", an_org) as held:
        assert held
        await anyio.sleep(0.4)
        async with locks.hold("retention-cleanup", an_org) as again:
            assert not again


@pytest.fixture
async def narrow(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    settings = settings_for(tmp_path, postgres, DATABASE_POOL_SIZE="1", DATABASE_POOL_TIMEOUT_SECONDS="1")
    async with open_app(settings, clock) as opened:
        yield opened


async def test_who_holds_a_lock_can_work_whatever_the_pool_has(
    narrow: App, an_org: OrgId, rival: OrgId
) -> None:
    """Out of one pool those who hold a lock and wait for a connection can take all of them."""
    locks, uow = await narrow.container.get(JobLocks), await narrow.container.get(UnitOfWork)

    async def work(org_id: OrgId) -> None:
        async with locks.hold("booking-expiry", org_id) as held, uow.begin(org_id):
            assert held
            await anyio.sleep(0.02)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, an_org)
        tasks.start_soon(work, rival)
