"""Many runner processes on one outbox: no message has two of them."""

import time
from pathlib import Path

import pytest

from tests.support.database import TestDatabase
from tests.support.inbox import Answer, Inbox
from tests.support.runners import LEASE_SECONDS, works

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(400)]
MESSAGES, RUNNERS, PLACES = 10_000, 8, 16


def test_eight_runners_deliver_ten_thousand_messages_once_each(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    inbox = Inbox()
    with works(postgres, "eight", tmp_path, inbox, OUTBOX_LEASE_SECONDS="120") as field:
        orgs = [field.found_org() for _ in range(20)]
        wanted = set().union(*(field.enqueue(org, MESSAGES // len(orgs)) for org in orgs))
        for _ in range(RUNNERS):
            field.fork()
        inbox.wait_for(MESSAGES, 240)
        field.wait_until_settled(30)
        assert len(inbox.arrivals) == MESSAGES, field.logs
        assert set(inbox.counts) == wanted
        assert field.outcomes() == {"delivered": MESSAGES}
        assert field.ask("select distinct attempts, lease_token is null from outbox_events") == ["1|t"]
        assert len(field.ask("select distinct runner from outbox_attempts")) > RUNNERS // 2


def test_what_a_runner_says_after_two_leases_of_sleep_is_refused_every_time(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    """The one that slept had every answer; none of them counts."""
    inbox = Inbox(lambda _event_id, _body: Answer(after_seconds=2 if len(inbox.arrivals) <= PLACES else 0))
    with works(postgres, "asleep", tmp_path, inbox) as field:
        wanted = field.enqueue(field.found_org(), PLACES)
        sleeper = field.fork()
        inbox.wait_for(PLACES, 60)
        sleeper.pause()
        field.fork()
        time.sleep(2 * LEASE_SECONDS)
        field.wait_until_settled(30)
        before = field.ask("select event_id, sent_at from outbox_events order by 1")
        sleeper.go_on()
        time.sleep(2)
        assert field.ask("select event_id, sent_at from outbox_events order by 1") == before
        assert sleeper.stop() == 0
        assert field.outcomes() == {"late": PLACES, "delivered": PLACES}, field.logs
        assert set(inbox.counts) == wanted
        assert set(inbox.counts.values()) == {2}
        states = "select distinct status, outcome, attempts, lease_token is null from outbox_events"
        assert field.ask(states) == ["sent|delivered|2|t"]
