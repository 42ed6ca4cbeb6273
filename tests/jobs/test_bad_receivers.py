"""A receiver that hangs, and messages that are poison: the rest goes on."""

import json
import time
from pathlib import Path

import pytest

from tests.support.database import TestDatabase
from tests.support.inbox import Answer, Inbox
from tests.support.runners import Watch, works

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
HANGING, HANG_SECONDS, WATCH_SECONDS = 100, 30, 10
IDLE = """
    select count(*) from pg_stat_activity
     where datname = current_database() and state like 'idle in transaction%'
       and clock_timestamp() - state_change > interval '1 second'
"""
MESSAGES, MOST_ATTEMPTS = 300, 3


def test_a_receiver_that_hangs_holds_no_connection_and_nobody_else(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    def hang_for_some(_event_id: str, body: bytes) -> Answer:
        return Answer(after_seconds=HANG_SECONDS if b"hang" in body else 0)

    inbox = Inbox(hang_for_some)
    settings = {
        "DATABASE_POOL_SIZE": "5",
        "EXPORT_WEBHOOK_TIMEOUT_SECONDS": "60",
        "OUTBOX_LEASE_SECONDS": "60",
    }
    with works(postgres, "hanging", tmp_path, inbox, **settings) as field:
        hanging, other = field.found_org(), field.found_org()
        field.enqueue(hanging, HANGING, json.dumps({"mood": "hang"}))
        field.start()
        inbox.wait_for(16, 60)
        until = time.monotonic() + WATCH_SECONDS
        waits, number = [], 0
        while time.monotonic() < until:
            assert field.ask(IDLE) == ["0"]
            (event_id,) = field.enqueue(other, 1, key=f"other-{number}-")
            began, number = time.time(), number + 1
            inbox.wait_for(len(inbox.counts) + 1, 5)
            waits += [arrival.at - began for arrival in inbox.arrivals if arrival.event_id == event_id]
        assert len(waits) == number > WATCH_SECONDS // 5
        assert max(waits) < 3  # it looks again each second
        beats = "select count(*) from job_heartbeats where last_heartbeat > now() - interval '15 seconds'"
        assert int(field.ask(beats)[0]) == 2  # the runner's own and the job's


def test_poison_ends_in_the_dead_letters_and_its_neighbours_arrive(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    inbox = Inbox(lambda _event_id, _body: Answer(after_seconds=0.05))
    settings = {
        "OUTBOX_MAX_ATTEMPTS": str(MOST_ATTEMPTS),
        "OUTBOX_BASE_BACKOFF_SECONDS": "1",
        "EXPORT_WEBHOOK_TIMEOUT_SECONDS": "1",
    }
    with works(postgres, "poison", tmp_path, inbox, **settings) as field:
        org_id, other = field.found_org(), field.found_org()
        good = field.enqueue(org_id, MESSAGES // 2, key="before-")
        poison = {
            deed: field.enqueue(org_id, 1, json.dumps({"poison": deed}), key=f"{deed}-")
            for deed in ("raise", "hang", "hold", "exit")
        }
        good |= field.enqueue(org_id, MESSAGES // 4, key="after-") | field.enqueue(other, MESSAGES // 4)
        watch = Watch(field)
        watch.thread.start()
        field.wait_until_settled(150)
        watch.over.set()
        watch.thread.join(60)
        ends = dict(
            row.split("|", 1)
            for row in field.ask("select event_id, status, attempts, last_error from outbox_events")
        )
        for deed in ("hold", "exit"):
            assert {ends[i] for i in poison[deed]} == {f"dead|{MOST_ATTEMPTS}|lost"}, field.logs
        assert {ends[i] for i in poison["raise"]} == {f"dead|{MOST_ATTEMPTS}|connection_failed"}
        assert {ends[i] for i in poison["hang"]} == {f"dead|{MOST_ATTEMPTS}|timeout"}
        assert {ends[i].split("|")[0] for i in good} == {"sent"}
        assert set(inbox.counts) == good
        losses = field.ask("select event_id, count(*) from outbox_attempts where outcome = 'lost' group by 1")
        lost = {event_id: int(count) for event_id, count in (row.split("|") for row in losses)}
        assert max((lost[i] for i in lost if i in good), default=0) <= 1
        assert watch.deaths == 0, "a message ended its runner"
