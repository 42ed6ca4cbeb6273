"""Crowds that move clocks, over HTTP on PostgreSQL: a worker runs one, a visit is done once.

The wall time of each crowd is printed; run with `-s` to see it."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from domain.booking.booking import BookingStatus
from domain.shared.ids import BookingId, WorkerId
from tests.http.test_booking_races import CROWD, crowd
from tests.support.bookings import a_booking
from tests.support.clock import FixedClock
from tests.support.crew import CrewSalon, open_crew
from tests.support.identity import IDS
from tests.support.salon import ANN, BOB, NORTH


@pytest.fixture
async def crew(postgres_uow: PostgresUnitOfWork, clock: FixedClock) -> AsyncIterator[CrewSalon]:
    async with open_crew(postgres_uow, clock) as opened:
        yield opened


async def visits(crew: CrewSalon, how_many: int, *workers: WorkerId) -> list[str]:
    """Confirmed, one after the other, made without asking anybody."""
    made = [
        a_booking(
            booking_id=IDS.new(),
            team_id=NORTH,
            starts_at=crew.clock.now() + timedelta(hours=3 * number),
            status=BookingStatus.CONFIRMED,
            crew=tuple(sorted(workers)),
        )
        for number in range(how_many)
    ]
    async with crew.salon.uow.begin(crew.salon.shop.org_id) as unit:
        for booking in made:
            await unit.bookings.save(booking)
    return [str(booking.id) for booking in made]


async def test_of_fifty_starts_of_one_worker_at_once_one_runs(crew: CrewSalon) -> None:
    orders = await visits(crew, CROWD, ANN)
    answers = await crowd("one worker", [crew.mine(ANN, order, "start") for order in orders])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CROWD - 1}
    winner = next(answer.json()["order_id"] for answer in answers if answer.status_code == 200)
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(problem["type"], problem["booking_id"]) for problem in refused} == {
        ("other_work_running", winner)
    }
    listed = await crew.ask("GET", "/v1/admin/orders/time", "dispatcher")
    assert [item["state"] for item in listed.json()["items"]] == ["RUNNING"]


async def test_whatever_happens_at_once_clocks_and_visits_agree(crew: CrewSalon) -> None:
    orders = await visits(crew, 6, ANN, BOB)
    verbs = ("start", "start", "pause", "resume", "finish")
    attempts = [crew.mine(worker, order, verb) for worker in (ANN, BOB) for order in orders for verb in verbs]
    attempts += [crew.order(order, verb, worker_id=ANN) for order in orders for verb in verbs]
    attempts += [crew.salon.verb(order, "complete", finish_open_work=True) for order in orders[:3]]
    attempts += [crew.salon.verb(order, "unassign", worker_ids=[BOB]) for order in orders[2:4]]
    attempts += [crew.salon.verb(order, "assign", worker_ids=[BOB]) for order in orders]
    attempts += [crew.salon.verb(order, "cancel", reason_code="other") for order in orders[4:]]
    random.shuffle(attempts)
    answers = await crowd("clocks and visits", attempts)
    assert {answer.status_code for answer in answers} <= {200, 404, 409, 422}
    messages = Counter(row[0] for row in (await crew.salon.ledger())["messages"])
    assert all(count == 1 for count in messages.values())
    async with crew.salon.uow.begin(crew.salon.shop.org_id) as unit:
        running = Counter[WorkerId]()
        for order in orders:
            booking = await unit.bookings.get(BookingId(UUID(order)))
            entries = [named.entry for named in await unit.time_entries.of_booking(booking.id)]
            running.update(entry.worker_id for entry in entries if entry.state == "RUNNING")
            is_open = any(entry.is_open for entry in entries)
            assert is_open == (booking.work_state in {"running", "paused"})
            assert not (is_open and booking.status in {BookingStatus.DONE, BookingStatus.CANCELLED})
        assert all(count == 1 for count in running.values())
