"""What the office asks of a crowded calendar, as the statements that PostgreSQL gets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.postgres.calendar import READ_BOARD, READ_FACTS, period_of
from adapters.postgres.hot_read import HotRead
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.scheduling.alternatives import facts_needed
from domain.scheduling.local_time import Span
from domain.shared.ids import OrgId
from tests.support.crowded import NOW, worker_of

DAY = timedelta(days=1)
TOMORROW = Span(NOW + DAY, NOW + DAY + timedelta(hours=2))


@dataclass(frozen=True, slots=True)
class Question:
    read: HotRead
    within: Span
    workers: int | None = 0  # how many are named; None asks about everybody


QUESTIONS: Mapping[str, Question] = {
    "slots of a week": Question(READ_FACTS, Span(NOW, NOW + 7 * DAY)),
    "slots of 31 days": Question(READ_FACTS, Span(NOW, NOW + 31 * DAY)),
    "slots for a worker": Question(READ_FACTS, Span(NOW, NOW + 7 * DAY), workers=1),
    "slots of 31 days for 20": Question(READ_FACTS, Span(NOW, NOW + 31 * DAY), workers=20),
    "suggestions": Question(READ_FACTS, Span(NOW + DAY, NOW + 2 * DAY), workers=None),
    "conflicts": Question(READ_FACTS, TOMORROW, workers=None),
    "alternatives": Question(READ_FACTS, facts_needed(TOMORROW)),
    "alternatives for a worker": Question(READ_FACTS, facts_needed(TOMORROW), workers=1),
    "alternatives for 20 workers": Question(READ_FACTS, facts_needed(TOMORROW), workers=20),
    "board of a day": Question(READ_BOARD, Span(NOW, NOW + DAY)),
    "board of a week": Question(READ_BOARD, Span(NOW, NOW + 7 * DAY)),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """`rows`: of bookings and crews, that were looked at, used or not; the same on every machine."""

    rows: int
    milliseconds: float


SCAN = re.compile(r"Scan (?:using \S+ )?on (?:bookings|booking_crew) .*?\(actual rows=([\d.]+) loops=(\d+)\)")
DROPPED = re.compile(r"Rows Removed by Filter: (\d+)")
TOOK = re.compile(r"Execution Time: ([\d.]+) ms")


async def cost_of(uow: PostgresUnitOfWork, org_id: OrgId, question: Question, now: datetime = NOW) -> Cost:
    named = None if question.workers is None else [worker_of(org_id, n) for n in range(question.workers)]
    values = period_of(*question.within, now) | {"ignoring": None, "crews_for": named, "most": 2_001}
    given = tuple(values[name] for name in question.read.names)
    asked = f"explain (analyze, timing off) {question.read.sql}"
    async with uow.begin(org_id) as unit:
        rows = await unit.connection.exec_driver_sql(asked, given)
        plan = "\n".join(str(line) for (line,) in rows)
    took = TOOK.search(plan)
    assert took, plan
    return Cost(sum(map(_rows_of, plan.split("->"))), float(took[1]))


def _rows_of(node: str) -> int:
    """Of one step of a plan; those of a bitmap's index are looked at again on its heap."""
    if (scan := SCAN.search(node)) is None:
        return 0
    dropped = DROPPED.search(node)
    return int((float(scan[1]) + (int(dropped[1]) if dropped else 0)) * int(scan[2]))
