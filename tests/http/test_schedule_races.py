"""Those who write at once: blackouts against bookings, the mark of the default team, names."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from tests.support.answers import ok
from tests.support.clock import FixedClock
from tests.support.salon import ANN, NORTH, Salon, open_salon

FIRST = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


@pytest.fixture
async def salon(postgres_uow: PostgresUnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    async with open_salon(postgres_uow, clock) as salon:
        yield salon


@pytest.mark.parametrize("who", [{}, {"team_id": str(NORTH)}, {"worker_id": str(ANN)}])
async def test_of_a_booking_and_a_blackout_that_race_one_is_refused(
    salon: Salon, who: dict[str, str]
) -> None:
    met = Counter[tuple[int, int]]()
    for day in range(12):
        start = FIRST + timedelta(days=day)
        window = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=3)).isoformat(), **who}
        blocking = salon.shop.staff("POST", "/blackouts", json=window)
        booking = salon.create(start, team_id=NORTH, worker_ids=[ANN])
        first, second = (blocking, booking) if day % 2 else (booking, blocking)
        answers = await asyncio.gather(first, second)
        met[tuple(sorted(answer.status_code for answer in answers))] += 1  # type: ignore[index]  # two codes
    assert set(met) == {(201, 409)}


async def test_the_mark_of_the_default_team_is_on_one_team_whoever_moves_it(salon: Salon) -> None:
    teams = [
        ok(await salon.shop.staff("POST", "/teams", "admin", json={"name": f"T{n}"}), 201)["team_id"]
        for n in range(8)
    ]

    async def mark(team_id: str) -> int:
        answer = await salon.shop.staff("PATCH", f"/teams/{team_id}", "admin", json={"is_default": True})
        return answer.status_code

    assert set(await asyncio.gather(*map(mark, teams))) == {200}
    listed = ok(await salon.shop.staff("GET", "/teams"))["items"]
    assert sum(team["is_default"] for team in listed) == 1


@pytest.mark.parametrize(("path", "body"), [("/teams", {"name": "Same"})])
async def test_one_of_many_gets_the_name(salon: Salon, path: str, body: dict[str, Any]) -> None:
    calls = [salon.shop.staff("POST", path, "admin", json=body) for _ in range(10)]
    codes = Counter(answer.status_code for answer in await asyncio.gather(*calls))
    assert codes == {201: 1, 409: 9}


async def test_of_two_writes_with_one_tag_one_is_told_of_the_other(salon: Salon) -> None:
    for path, role, bodies in (
        (f"/teams/{NORTH}", "admin", [{"color": "#000001"}, {"color": "#000002"}]),
        (f"/workers/{ANN}", "dispatcher", [{"phone": "+1 555 1"}, {"phone": "+1 555 2"}]),
        ("/booking-settings", "admin", [{"horizon_days": 10}, {"horizon_days": 11}]),
    ):
        calls = [
            salon.shop.staff("PATCH", path, role, json=body, headers={"if-match": '"1"'}) for body in bodies
        ]
        assert sorted(answer.status_code for answer in await asyncio.gather(*calls)) == [200, 412]
