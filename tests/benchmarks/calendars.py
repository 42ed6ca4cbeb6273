"""What the calendar's statements take in the database: 40 teams, 200 workers and 100,000 bookings."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.migrate import migrate
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from domain.shared.ids import OrgId
from tests.support.crowded import BOOKINGS, WITHOUT_RULES, found_crowded
from tests.support.crowded_questions import QUESTIONS, cost_of

TIMES = 15
GOAL_MS = 25


def main() -> None:
    server = EmbeddedPostgres(Path(tempfile.mkdtemp(prefix="bench-calendars-")))
    server.start()
    try:
        asyncio.run(migrate(server.owner_url))
        server.execute(WITHOUT_RULES)
        asyncio.run(_measure(server))
    finally:
        server.release()


async def _measure(server: EmbeddedPostgres) -> None:
    engine = make_engine(DatabaseOptions(server.app_url))
    uow = PostgresUnitOfWork(engine, SystemClock(), SystemIdentifiers(), AesGcmFieldCipher([b"f" * 32]))
    ours = await found_crowded(server.execute, uow)
    alone = await _milliseconds(uow, ours)
    await found_crowded(server.execute, uow, 10 * BOOKINGS)
    beside = await _milliseconds(uow, ours)
    await engine.dispose()
    print(f"\nms in the database, of {BOOKINGS:,} bookings (goal {GOAL_MS}); beside ten times as many; ratio")
    for name, milliseconds in alone.items():
        ratio = beside[name] / milliseconds
        print(f"{name:<28}{milliseconds:>8.1f}{beside[name]:>8.1f}{ratio:>8.2f}", flush=True)


async def _milliseconds(uow: PostgresUnitOfWork, org_id: OrgId) -> dict[str, float]:
    return {
        name: median([(await cost_of(uow, org_id, question)).milliseconds for _ in range(TIMES)])
        for name, question in QUESTIONS.items()
    }
