"""kill -9, again and again, and at the worst moment: nothing is lost, and a copy is told by its id."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.database import TestDatabase
from tests.support.inbox import Answer, Inbox
from tests.support.runners import LEASE_SECONDS, Runner, Works, works

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
RUNNERS, MESSAGES, KILLS, PLACES = 3, 10_000, 10, 16
ROUNDS, ORGS, ONE_IN = 4, 5, 5
ANSWER_SECONDS = 1.0
RESUME_SECONDS = 5
LONG_LEASE_SECONDS = 60
STRANDED = """
    select round(extract(epoch from next.started_at - lost.started_at), 2)
      from outbox_attempts lost
      join outbox_attempts next on next.event_id = lost.event_id and next.attempt = lost.attempt + 1
     where lost.outcome = 'lost' and lost.attempt = 1 order by 1
"""
"""How long after it was first claimed a stranded message was tried again."""
SIDE_BY_SIDE = """
    select max(n) from (
        select count(*) n from outbox_attempts a
          join outbox_attempts b on b.started_at <= a.started_at and b.finished_at > a.started_at
         where a.attempt = 2 and b.attempt = 2 group by a.event_id, a.started_at) counted
"""


def thinking(_event_id: str, body: bytes) -> Answer:
    return Answer(after_seconds=ANSWER_SECONDS if b"think" in body else 0)


def enqueue(field: Works) -> set[str]:
    """Some that keep their place for a while, so that kills strand them, among many that are gone at once."""
    ids, each = set[str](), MESSAGES // ORGS // ROUNDS
    orgs = [field.found_org() for _ in range(ORGS)]
    for turn in range(ROUNDS):
        for org in orgs:
            ids |= field.enqueue(org, each // ONE_IN, json.dumps({"mood": "think"}), key=f"slow-{turn}-")
            ids |= field.enqueue(org, each - each // ONE_IN, key=f"quick-{turn}-")
    return ids


def kill_again_and_again(field: Works, dice: random.Random) -> None:
    """One of those at work, at random instants; it is started anew. While anything is still to be sent."""
    runners = [field.start(), *(field.fork() for _ in range(RUNNERS - 1))]
    for kill in range(KILLS):
        for runner in runners:
            field.wait_until_at_work(runner)
        time.sleep(dice.uniform(0, 1))
        assert len(field.inbox.counts) < MESSAGES, f"over before kill {kill}: the test proves nothing"
        victim = dice.randrange(RUNNERS)
        runners[victim].kill()
        runners[victim] = field.fork()


def test_ten_kills_lose_nothing_and_copy_only_what_was_in_flight(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    inbox, seed = Inbox(thinking), random.randrange(10**6)
    settings = {
        "OUTBOX_BASE_BACKOFF_SECONDS": "1",
        "OUTBOX_MAX_ATTEMPTS": "10",
        "OUTBOX_LEASE_SECONDS": str(LONG_LEASE_SECONDS),  # whoever waits for it to run out is late
    }
    with works(postgres, "kills", tmp_path, inbox, **settings) as field:
        wanted = enqueue(field)
        kill_again_and_again(field, random.Random(seed))
        field.wait_until_settled(120)
        story = f"seed {seed}\n{field.logs}"
        assert set(inbox.counts) == wanted, story
        lost = set(field.ask("select event_id from outbox_attempts where outcome = 'lost'"))
        copies = {event_id for event_id, count in inbox.counts.items() if count > 1}
        assert lost, "no kill hit anything in flight: the test proves nothing"
        assert copies <= lost, story
        assert len(inbox.arrivals) - MESSAGES <= KILLS * PLACES, story
        assert set(field.ask("select distinct status, outcome from outbox_events")) == {"sent|delivered"}
        waits = [float(wait) for wait in field.ask(STRANDED)]
        assert waits[-1] <= ANSWER_SECONDS + RESUME_SECONDS < LONG_LEASE_SECONDS, story
        assert not field.ask("select 1 from outbox_attempts where outcome = 'late'"), "judged dead, alive"
        assert int(field.ask(SIDE_BY_SIDE)[0]) >= min(PLACES // 2, len(lost) // KILLS), story


def test_a_kill_between_the_answer_and_the_record_sends_once_more_under_the_same_id(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    victims: list[Runner] = []

    def kill_who_was_answered(_event_id: str) -> None:
        if victims:
            os.kill(victims.pop().process.pid, signal.SIGKILL)

    inbox = Inbox(answered=kill_who_was_answered)
    with works(postgres, "answered", tmp_path, inbox) as field:
        first = field.fork()
        victims.append(first)
        (event_id,) = field.enqueue(field.found_org(), 1)
        assert first.process.wait(timeout=60) == -signal.SIGKILL
        assert field.ask("select status, attempts from outbox_events") == ["pending|1"]
        field.fork()
        field.wait_until_settled(LEASE_SECONDS + 60)
        assert [arrival.event_id for arrival in inbox.arrivals] == [event_id] * 2
        assert field.ask("select status, outcome, attempts from outbox_events") == ["sent|delivered|2"]
        assert field.ask("select outcome from outbox_attempts order by attempt") == ["lost", "delivered"]
