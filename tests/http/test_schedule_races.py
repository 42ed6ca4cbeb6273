"""Those who write at once: blackouts against bookings, the mark of the default team, names."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.bookings import PostgresBookings
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking, CancelledBy
from domain.shared.ids import BookingId
from tests.support.answers import ok
from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, TEN, Salon, open_salon
from tests.support.scheduling import a_blackout
from tests.support.trail import audited

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


@pytest.mark.parametrize(
    ("elsewhere", "crew"),
    [
        (lambda job, now: job.cancel(now, by=CancelledBy.OFFICE, reason="other"), [ANN, BOB]),
        (lambda job, now: job.assign(now, (BOB,)), [BOB]),
    ],
    ids=["called off", "unassigned"],
)
async def test_a_job_that_ended_or_was_taken_over_meanwhile_keeps_no_worker_from_going(
    salon: Salon, elsewhere: Callable[[Booking, datetime], Booking], crew: list[Any]
) -> None:
    made = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN, BOB])
    leaves = {"is_active": False, "unassign_future": True}
    async with salon.uow.begin(salon.shop.org_id) as unit:
        job = await unit.bookings.lock(BookingId(UUID(made["booking_id"])))
        going = asyncio.ensure_future(salon.shop.staff("PATCH", f"/workers/{ANN}", json=leaves))
        await somebody_waits_for(_connection(unit))
        await unit.bookings.save(elsewhere(job, salon.clock.now()))
    answer = ok(await going)
    assert (answer["is_active"], answer["unassigned_booking_ids"]) == (False, [])
    left = await salon.read(made["booking_id"])
    assert left["version"] == made["version"] + 1
    assert [member["worker_id"] for member in left["crew"]] == [str(worker) for worker in crew]
    assert await audited(salon.uow, salon.shop.org_id, made["booking_id"]) == ["booking_create"]


async def test_who_changes_teams_while_being_sent_meets_what_the_new_team_meets(salon: Salon) -> None:
    """The new team is closed just then: of the closing and the sending, one is refused."""
    made = await salon.created(TEN, team_id=NORTH)
    org_id, now = salon.shop.org_id, salon.clock.now()
    closed = a_blackout(datetime.fromisoformat(TEN), 120, team=2)
    async with salon.uow.begin(org_id) as closing:
        await closing.teams.lock(SOUTH)
        await closing.blackouts.add(closed)
        async with salon.uow.begin(org_id) as moving:
            ann = await moving.workers.lock(ANN)
            sending = asyncio.ensure_future(salon.verb(made["booking_id"], "assign", worker_ids=[str(ANN)]))
            await somebody_waits_for(_connection(moving))
            await moving.workers.save(ann.changed(now, team_id=SOUTH))
        await somebody_waits_for(_connection(closing), unless=sending)
    assert (await sending).status_code == 409


def _connection(unit: Unit) -> AsyncConnection:
    assert isinstance(unit.bookings, PostgresBookings)
    return unit.bookings.connection


WAITS = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
)


async def somebody_waits_for(
    connection: AsyncConnection, *, unless: asyncio.Future[Any] | None = None
) -> None:
    """For a lock that this connection's transaction holds; or `unless` is done without it."""
    async with asyncio.timeout(20):
        while not (unless and unless.done()) and not (await connection.execute(WAITS)).scalar_one():  # noqa: ASYNC110  # the database has no event
            await asyncio.sleep(0.01)
