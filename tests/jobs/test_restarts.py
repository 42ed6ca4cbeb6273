"""Rolling restarts under load: an orderly stop claims no more, finishes what it began and leaves nothing."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.database import TestDatabase
from tests.support.inbox import Answer, Inbox
from tests.support.runners import Runner, works

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(400)]
RESTARTS, RUNNERS, MESSAGES = 50, 3, 9000
CLAIMS_END_SECONDS, EXIT_SECONDS = 1, 30
CLAIMED_AFTER = """
    select count(*) from outbox_attempts where runner like '%:{pid}'
       and started_at > to_timestamp({at}) + interval '{seconds} seconds'
"""


@dataclass(slots=True)
class Stop:
    runner: Runner
    at: float
    status: int | None = None
    seconds: float = 0

    def wait(self) -> None:
        self.status = self.runner.process.wait()
        self.seconds = time.time() - self.at


def stop(runner: Runner) -> tuple[Stop, threading.Thread]:
    begun = Stop(runner, time.time())
    runner.process.terminate()
    waiting = threading.Thread(target=begun.wait, daemon=True)
    waiting.start()
    return begun, waiting


def test_rolling_restarts_of_runners_lose_and_repeat_nothing(postgres: TestDatabase, tmp_path: Path) -> None:
    inbox = Inbox(lambda _event_id, _body: Answer(after_seconds=0.5))
    patient = {"EXPORT_WEBHOOK_TIMEOUT_SECONDS": "60", "OUTBOX_LEASE_SECONDS": "90"}
    with works(postgres, "restarts", tmp_path, inbox, **patient) as field:
        orgs = [field.found_org() for _ in range(5)]
        for org_id in orgs:
            field.enqueue(org_id, MESSAGES // len(orgs))
        runners = [field.fork() for _ in range(RUNNERS)]
        stops = []
        for number in range(RESTARTS):
            oldest = runners.pop(0)
            field.wait_until_at_work(oldest)
            assert field.unsettled(), f"over before restart {number}: the test proves nothing"
            stops.append(stop(oldest))
            runners.append(field.fork())
        for runner in runners:
            field.wait_until_at_work(runner)
            stops.append(stop(runner))
        for _, waiting in stops:
            waiting.join(EXIT_SECONDS)
        assert {each.status for each, _ in stops} == {0}, field.logs
        assert max(each.seconds for each, _ in stops) < EXIT_SECONDS
        for each, _ in stops:
            pid, at = each.runner.process.pid, each.at
            asked = CLAIMED_AFTER.format(pid=pid, at=at, seconds=CLAIMS_END_SECONDS)
            assert field.ask(asked) == ["0"]
        assert field.ask("select count(*) from outbox_events where lease_token is not null") == ["0"]
        assert set(field.outcomes()) == {"delivered"}
        assert max(inbox.counts.values()) == 1
        sent = field.ask("select event_id from outbox_events where status = 'sent'")
        assert set(inbox.counts) == set(sent)
