"""A receiver that is away for a while and then back: nobody runs it over, or comes sooner than it said."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from entrypoints.jobs.loop import LOOK_SECONDS
from tests.jobs.test_two_runners import arrived, enqueue_all, mail_settings, runner, wait_for
from tests.support.database import TestDatabase
from tests.support.inbox import Answer, Inbox
from tests.support.runners import works
from tests.support.smtp import Postbox, free_port, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
MESSAGES, BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS, ASKED_SECONDS = 800, 1, 4, 6
OUTAGE_SECONDS = 8
"""It ends between the second attempts and the third ones, as a minute does with the usual backoff: on
however fast a machine they all come back in one wave, some three seconds wide."""
BUCKET_SECONDS, MOST_OF_THE_MEAN = 0.5, 3
DELAYS = """
    select extract(epoch from next_attempt_at - finished_at) from outbox_events e
      join outbox_attempts a on a.org_id = e.org_id and a.event_id = e.event_id
     where status = 'retry' and attempts = 1 and dedupe_key like 'plain%' order by 1
"""
LATE_SECONDS = 0.5  # between the end of an attempt and its being written down, with others
MAILS, PLACES, RECOVERY_SECONDS, AWAY_SECONDS = 300, 16, 2, 4


def peak_over_mean(moments: Iterable[float], bucket_seconds: float = BUCKET_SECONDS) -> float:
    """Of those that arrived within so long, against the middle nine tenths from their first to their last:
    one that comes early or late makes no wave longer than it is."""
    ordered = sorted(moments)
    edge = len(ordered) // 20
    middle = ordered[edge : len(ordered) - edge]
    buckets = Counter(int((at - middle[0]) / bucket_seconds) for at in middle)
    return max(buckets.values()) / (len(middle) / (max(buckets) + 1))


def fullest_eighth(delays: list[float]) -> float:
    """Of the jitter's own width, a quarter of the backoff: against a mean eighth. All alike is 8."""
    buckets = Counter(int((delay - FIRST_BACKOFF_SECONDS) * 32 / FIRST_BACKOFF_SECONDS) for delay in delays)
    return max(buckets.values()) / (len(delays) / 8)


def test_the_end_of_an_outage_is_no_flood_and_nobody_comes_sooner_than_asked(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    """Half of them are told when to come back, later than they would have come by themselves: they come as
    close together as they were told it. The others spread by themselves."""
    patient, taken = set[str](), list[tuple[str, float]]()
    back_at = float("inf")

    def answer(event_id: str, _body: bytes) -> Answer:
        if time.time() >= back_at:
            taken.append((event_id, time.time()))
            return Answer()
        if event_id in patient:
            return Answer(status="429 Too Many Requests", headers=f"Retry-After: {ASKED_SECONDS}\r\n")
        return Answer(status="503 Service Unavailable")

    inbox = Inbox(answer)
    settings = {"OUTBOX_BASE_BACKOFF_SECONDS": str(FIRST_BACKOFF_SECONDS), "OUTBOX_MAX_ATTEMPTS": "8"}
    with works(postgres, "outage", tmp_path, inbox, **settings) as field:
        for _ in range(5):
            org_id = field.found_org()
            field.enqueue(org_id, MESSAGES // 10, key="plain")
            patient |= field.enqueue(org_id, MESSAGES // 10, key="patient")
        field.fork()
        inbox.wait_for(MESSAGES // 4, 60)
        back_at = time.time() + OUTAGE_SECONDS
        delays = [float(delay) for delay in field.ask(DELAYS)]
        field.wait_until_settled(60)
        ends = field.ask("select distinct status, outcome from outbox_events")
    visits = defaultdict[str, list[float]](list)
    for arrival in inbox.arrivals:
        visits[arrival.event_id].append(arrival.at)
    assert ends == ["sent|delivered"], field.logs
    assert len(taken) == len(visits) == MESSAGES
    spread = [at for one, at in taken if one not in patient]
    assert peak_over_mean(spread, LOOK_SECONDS) <= MOST_OF_THE_MEAN
    for event_id, times in visits.items():
        for attempt, (one, next_one) in enumerate(pairwise(times)):
            usual = FIRST_BACKOFF_SECONDS * 2**attempt
            assert next_one - one >= (max(usual, ASKED_SECONDS) if event_id in patient else usual)
    assert delays[0] >= FIRST_BACKOFF_SECONDS
    assert delays[-1] <= 1.25 * FIRST_BACKOFF_SECONDS + LATE_SECONDS
    assert fullest_eighth(delays) <= MOST_OF_THE_MEAN, "they would come back together"


def wait_until_open(database: TestDatabase) -> None:
    until = time.monotonic() + 60
    asked = "select name from circuit_breakers where open_until is not null"
    while database.execute(asked).split() != ["email"]:
        assert time.monotonic() < until
        time.sleep(0.1)


async def test_mails_that_waited_for_their_server_cost_hardly_an_attempt_and_are_no_flood(
    postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, tmp_path: Path
) -> None:
    """The circuit breaker lets all of them go at once, yet at the runner's usual width alone."""
    postbox, port = Postbox(), free_port()
    with postgres.clone("mails") as database:
        enqueued = await enqueue_all(database, postgres_uow.cipher, MAILS)
        environment = mail_settings(database, port) | {
            "OUTBOX_CONCURRENCY": str(PLACES),
            "OUTBOX_BASE_BACKOFF_SECONDS": str(BACKOFF_SECONDS),
            "EMAIL_CIRCUIT_RECOVERY_SECONDS": str(RECOVERY_SECONDS),
        }
        with runner(tmp_path / "one", environment):
            wait_until_open(database)
            await anyio.sleep(AWAY_SECONDS)
            with mail_server(postbox, port=port):
                wait_for(postbox, MAILS, 60)
                await anyio.sleep(1)  # the last one's end is written down
        attempts = int(database.execute("select sum(total_attempts) from outbox_events"))
        ends = database.execute("select distinct status, outcome from outbox_events").split()
    received = arrived(postbox)
    assert (set(received), set(received.values())) == (enqueued, {1})
    assert ends == ["sent|delivered"]
    assert attempts - MAILS <= PLACES + AWAY_SECONDS // RECOVERY_SECONDS + 1
    assert peak_over_mean(postbox.taken_at) <= MOST_OF_THE_MEAN
