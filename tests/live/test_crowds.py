"""Crowds before the real server, each caller on a connection of their own: nobody is held twice, and nobody
is told of a fault of ours. How long a crowd took is printed; two seconds are the goal."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, islice
from threading import Barrier
from typing import Any

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.support.demo import SLUG, Caller, demo_caller
from tests.support.live import LiveServer
from tests.support.overlaps import assert_nothing_overlaps

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
CROWD, MIXED = 50, 200
HOME = {"beds": 2, "baths": 1}  # 180 minutes
Answer = tuple[int, Any]
Attempt = Callable[[], Answer]


@pytest.fixture(scope="module")
def dispatcher(demo_server: LiveServer) -> Caller:
    return demo_caller(demo_server, "dispatcher")


@pytest.fixture
def database(demo_server: LiveServer) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(demo_server.home / "sweepline")
    assert postgres.attach()
    yield postgres
    postgres.release()


@pytest.fixture
def crowd(capsys: pytest.CaptureFixture[str]) -> Callable[[str, Sequence[Attempt]], list[Answer]]:
    def at_once(name: str, attempts: Sequence[Attempt]) -> list[Answer]:
        together = Barrier(len(attempts) + 1)

        def one(attempt: Attempt) -> Answer:
            together.wait()
            return attempt()

        with ThreadPoolExecutor(len(attempts)) as pool:
            asked = [pool.submit(one, attempt) for attempt in attempts]
            together.wait()
            started = time.perf_counter()
            answers = [each.result() for each in asked]
            seconds = time.perf_counter() - started
        met = dict(Counter(status for status, _ in answers))
        with capsys.disabled():
            print(f"\n{name}: {len(answers)} at once in {seconds:.2f} s, {met}")  # noqa: T201
        assert [body for status, body in answers if status >= 500] == []
        assert not any("deadlock" in str(body).lower() for _, body in answers)
        return answers

    return at_once


def a_visitor(server: LiveServer, number: str) -> dict[str, str]:
    body = {"name": f"Visitor {number}", "phone": f"+1 555 {number}", "email": f"{number}@example.com"}
    status, _, lead = server.ask("POST", f"/v1/public/{SLUG}/leads", {**body, "home": HOME})
    assert status == 201, lead
    return {"lead_id": lead["lead_id"], "lead_token": lead["lead_token"]}


def book(server: LiveServer, visitor: dict[str, str], starts_at: str) -> Answer:
    status, _, body = server.ask("POST", f"/v1/public/{SLUG}/bookings", {**visitor, "starts_at": starts_at})
    return status, body


def last_start_of_one_team(dispatcher: Caller) -> str:
    """Of what the public is offered too, one that a single team could take."""
    first = datetime.now(UTC).date() + timedelta(days=7)
    path = f"/v1/admin/slots?duration_minutes=180&from={first}&to={first + timedelta(days=28)}"
    status, found = dispatcher.get(path)
    assert status == 200, found
    slots = [slot for day in found["days"] for slot in day["slots"] if len(slot["teams"]) == 1]
    return str(slots[-1]["starts_at"])


def test_of_fifty_who_want_one_slot_one_gets_it(
    demo_server: LiveServer,
    dispatcher: Caller,
    database: EmbeddedPostgres,
    crowd: Callable[[str, Sequence[Attempt]], list[Answer]],
) -> None:
    wanted = last_start_of_one_team(dispatcher)
    visitors = [a_visitor(demo_server, f"31{n:05}") for n in range(CROWD)]
    answers = crowd("one slot", [partial(book, demo_server, visitor, wanted) for visitor in visitors])
    refused = [body for status, body in answers if status == 409]
    assert Counter(status for status, _ in answers) == {201: 1, 409: CROWD - 1}
    assert {body["type"] for body in refused} == {"slot_taken"}
    assert {len(body["alternatives"]) for body in refused} == {3}
    assert_nothing_overlaps(database.execute)
    offered = refused[-1]["alternatives"][0]["starts_at"]
    assert offered != wanted
    assert book(demo_server, a_visitor(demo_server, "3199999"), offered)[0] == 201


def test_of_fifty_staggered_visits_none_overlap(
    dispatcher: Caller,
    database: EmbeddedPostgres,
    crowd: Callable[[str, Sequence[Attempt]], list[Answer]],
) -> None:
    team_id = dispatcher.get("/v1/admin/teams")[1]["items"][0]["team_id"]
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=200)

    def create(start: datetime) -> Answer:
        body = {"starts_at": start.isoformat(), "duration_minutes": 180, "team_id": team_id}
        return dispatcher.post("/v1/admin/bookings", body)

    starts = [first + timedelta(minutes=15 * step) for step in range(CROWD)]
    random.Random(2026).shuffle(starts)
    answers = crowd("staggered", [partial(create, start) for start in starts])
    assert {status for status, _ in answers} == {201, 409}
    assert {body["type"] for status, body in answers if status == 409} == {"slot_taken"}
    assert_nothing_overlaps(database.execute)


class Office:
    """Random moves of a dispatcher who looks at nothing first."""

    def __init__(self, dispatcher: Caller) -> None:
        self.dispatcher = dispatcher
        self.chance = random.Random(2026)
        self.first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=300)
        self.teams = [team["team_id"] for team in dispatcher.get("/v1/admin/teams")[1]["items"]]
        self.workers = [w["worker_id"] for w in dispatcher.get("/v1/admin/workers")[1]["items"]]
        bodies = [{**self.visit(), "starts_at": self.start(4 * n)} for n in range(48)]
        self.booked = [self.post("/bookings", body)[1]["booking_id"] for body in bodies]

    def post(self, path: str, body: object) -> Answer:
        return self.dispatcher.post(f"/v1/admin{path}", body)

    def start(self, hours: float) -> str:
        return (self.first + timedelta(hours=hours)).isoformat()

    def visit(self) -> dict[str, Any]:
        return {
            "starts_at": self.start(self.chance.randrange(96) / 2),
            "duration_minutes": 120,
            "team_id": self.chance.choice(self.teams),
        }

    def crew(self) -> list[str]:
        return self.chance.sample(self.workers, self.chance.randrange(1, 4))

    def move(self, kind: str) -> Attempt:
        path, body = f"/bookings/{self.chance.choice(self.booked)}/{kind}", {}
        match kind:
            case "create":
                path, body = "/bookings", {**self.visit(), "worker_ids": self.crew()}
            case "reschedule":
                body = {**self.visit(), "worker_ids": self.crew()}
            case "cancel":
                body = {"reason_code": "weather"}
            case _:
                body = {"worker_ids": self.crew(), "replace": True}
        return lambda: self.post(path, body)


def test_two_hundred_mixed_moves_hold_no_team_and_no_worker_twice(
    dispatcher: Caller,
    database: EmbeddedPostgres,
    crowd: Callable[[str, Sequence[Attempt]], list[Answer]],
) -> None:
    office = Office(dispatcher)
    kinds = cycle(["create", "reschedule", "assign", "create", "reschedule", "assign", "cancel", "assign"])
    answers = crowd("mixed", [office.move(kind) for kind in islice(kinds, MIXED)])
    assert {status for status, _ in answers} <= {200, 201, 409}
    assert sum(status < 300 for status, _ in answers) > 20
    assert_nothing_overlaps(database.execute)
