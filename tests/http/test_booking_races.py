"""Crowds that want the same time, over HTTP on PostgreSQL: never two holds of one team or one worker.

The wall time of each crowd is printed; run with `-s` to see it."""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.scheduling.worker import Worker
from domain.shared.ids import WorkerId
from tests.http.test_bulk import overdue
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.overlaps import assert_nothing_overlaps
from tests.support.salon import NORTH, SOUTH, Salon, open_salon
from tests.support.scheduling import a_team, a_worker, at

NINE = at("2026-03-09 09:00")
CROWD = 50


@pytest.fixture
async def salon(postgres_uow: PostgresUnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    async with open_salon(postgres_uow, clock) as opened:
        yield opened


async def crowd(name: str, attempts: Sequence[Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """All at once. Nobody of them is told of a fault of ours."""
    started = time.perf_counter()
    answers = await asyncio.gather(*attempts)
    seconds = time.perf_counter() - started
    statuses = Counter(answer.status_code for answer in answers)
    sys.stdout.write(f"\n{name}: {len(answers)} at once in {seconds:.2f} s, {dict(statuses)}\n")
    faults = [answer.text for answer in answers if answer.status_code >= 500]
    assert not faults, faults[0]
    assert not any("deadlock" in answer.text.lower() for answer in answers)
    return list(answers)


async def test_of_fifty_visitors_who_want_one_slot_one_gets_it(salon: Salon, postgres: TestDatabase) -> None:
    async with salon.uow.begin(salon.shop.org_id) as unit:
        await unit.teams.save(a_team(2, name="South", is_active=False))
    visitors = [await salon.visitor() for _ in range(CROWD)]
    answers = await crowd("one slot", [salon.book(visitor, NINE) for visitor in visitors])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CROWD - 1}
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert problem["type"] == "slot_taken"
            assert len(problem["alternatives"]) == 3
    assert_nothing_overlaps(postgres.execute)
    offered = answers[-1] if answers[-1].status_code == 409 else answers[0]
    first_free = offered.json()["alternatives"][0]["starts_at"]
    assert (await salon.book(await salon.visitor(), first_free)).status_code == 201


async def test_a_visitor_who_loses_one_team_gets_the_next(salon: Salon, postgres: TestDatabase) -> None:
    visitors = [await salon.visitor() for _ in range(CROWD)]
    answers = await crowd("one slot, two teams", [salon.book(visitor, NINE) for visitor in visitors])
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: CROWD - 2}
    assert_nothing_overlaps(postgres.execute)


async def test_a_visitor_who_clicks_often_gets_one_booking(salon: Salon) -> None:
    visitor = await salon.visitor()
    answers = await crowd("one visitor", [salon.book(visitor, NINE) for _ in range(CROWD)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: CROWD - 1}
    assert len({answer.json()["booking_id"] for answer in answers}) == 1


async def test_one_contact_cannot_get_past_the_limit_by_hurrying(salon: Salon) -> None:
    visitors = [await salon.visitor(phone="+1 555 777 0000") for _ in range(8)]
    starts = [NINE + timedelta(days=day) for day in range(len(visitors))]
    pairs = zip(visitors, starts, strict=True)
    answers = await crowd("one contact", [salon.book(visitor, start) for visitor, start in pairs])
    assert Counter(answer.status_code for answer in answers) == {201: 3, 429: 5}


async def test_fifty_staggered_visits_never_overlap(salon: Salon, postgres: TestDatabase) -> None:
    starts = [NINE + timedelta(minutes=15 * step) for step in range(CROWD)]
    random.shuffle(starts)
    attempts = [salon.create(start, team_id=NORTH, duration_minutes=180) for start in starts]
    answers = await crowd("staggered", attempts)
    assert {answer.status_code for answer in answers} == {201, 409}
    assert_nothing_overlaps(postgres.execute)


async def test_two_hundred_mixed_moves_never_overlap(salon: Salon, postgres: TestDatabase) -> None:
    workers = await hire(salon, 6)
    booked = [await salon.created(NINE + timedelta(hours=3 * n), team_id=NORTH) for n in range(12)]
    answers = await crowd("mixed", list(mixed_moves(salon, booked, workers)))
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert sum(answer.status_code < 300 for answer in answers) > 20
    assert_nothing_overlaps(postgres.execute)


async def test_a_crowd_takes_the_time_of_overdue_holds_once(
    salon: Salon, postgres: TestDatabase, clock: FixedClock
) -> None:
    """Of dispatchers who book over them, or confirm them after all."""
    starts = [NINE + timedelta(hours=3 * n) for n in range(4)]
    holds = [await salon.created(start, team_id=NORTH, confirm=False) for start in starts]
    for hold in holds:
        await overdue(salon, hold["booking_id"], clock)
    attempts = [
        attempt
        for shift in range(0, 120, 15)
        for start, hold in zip(starts, holds, strict=True)
        for attempt in (
            salon.create(start + timedelta(minutes=shift), team_id=NORTH, duration_minutes=90),
            salon.verb(hold["booking_id"], "confirm"),
        )
    ]
    answers = await crowd("overdue", attempts)
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert any(answer.status_code < 300 for answer in answers)
    assert_nothing_overlaps(postgres.execute)


async def hire(salon: Salon, how_many: int) -> list[WorkerId]:
    found: list[Worker] = [a_worker(200 + n, team=1 + n % 2) for n in range(how_many)]
    async with salon.uow.begin(salon.shop.org_id) as unit:
        for worker in found:
            await unit.workers.save(worker)
    return [worker.id for worker in found]


def mixed_moves(
    salon: Salon, booked: list[dict[str, object]], workers: list[WorkerId]
) -> Sequence[Awaitable[httpx.Response]]:
    chance = random.Random(2026)
    teams: Sequence[UUID] = (NORTH, SOUTH)

    def start() -> datetime:
        return NINE + timedelta(minutes=30 * chance.randrange(72))

    def crew() -> list[WorkerId]:
        return chance.sample(workers, chance.randrange(1, 4))

    moves: list[Awaitable[httpx.Response]] = []
    for kind in [kind for kind, _ in zip(cycle(["create", "reschedule", "cancel", "assign"]), range(200))]:
        target = str(chance.choice(booked)["booking_id"])
        match kind:
            case "create":
                moves.append(salon.create(start(), team_id=chance.choice(teams), worker_ids=crew()))
            case "reschedule":
                body: dict[str, Any] = {
                    "starts_at": start().isoformat(),
                    "team_id": chance.choice(teams),
                    "worker_ids": crew(),
                }
                moves.append(salon.verb(target, "reschedule", **body))
            case "cancel" if chance.random() < 0.2:
                moves.append(salon.verb(target, "cancel", reason_code="weather"))
            case _:
                moves.append(salon.verb(target, "assign", worker_ids=crew(), replace=True))
    return moves
