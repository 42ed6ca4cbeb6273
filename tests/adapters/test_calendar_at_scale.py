"""A calendar of 100,000 bookings, and what it costs once other organisations hold ten times as much.

The cost is counted in rows that PostgreSQL looks at, which no busy machine changes; milliseconds are the
benchmark's (`just bench`).
"""

from collections.abc import AsyncIterator

import pytest

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.crowded import BOOKINGS, NOW, WITHOUT_RULES, Execute, found_crowded
from tests.support.crowded_questions import QUESTIONS, cost_of
from tests.support.database import TestDatabase

pytestmark = pytest.mark.slow


@pytest.fixture
async def crowd(postgres: TestDatabase) -> AsyncIterator[tuple[Execute, PostgresUnitOfWork]]:
    with postgres.clone("crowd") as database:
        database.execute(WITHOUT_RULES)
        engine = make_engine(DatabaseOptions(database.app_url))
        cipher = AesGcmFieldCipher([b"f" * 32])
        yield database.execute, PostgresUnitOfWork(engine, FixedClock(NOW), SystemIdentifiers(), cipher)
        await engine.dispose()


async def test_neither_history_nor_other_organisations_cost_anything(
    crowd: tuple[Execute, PostgresUnitOfWork],
) -> None:
    """What is read is the period that was asked for, and of one company alone."""
    execute, uow = crowd
    young = await rows_looked_at(uow, await found_crowded(execute, uow, BOOKINGS // 5))
    ours = await found_crowded(execute, uow)
    assert await rows_looked_at(uow, ours) == pytest.approx(young, rel=0.01)  # five times as old
    await found_crowded(execute, uow, 10 * BOOKINGS)
    assert await rows_looked_at(uow, ours) == pytest.approx(young, rel=0.01)


async def rows_looked_at(uow: PostgresUnitOfWork, org_id: OrgId) -> dict[str, int]:
    return {name: (await cost_of(uow, org_id, question)).rows for name, question in QUESTIONS.items()}
