"""Two runner processes and one kill -9 over a thousand messages, against a real mail server."""

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.ports.outbox import Message
from tests.support.database import TestDatabase
from tests.support.live import SWEEPLINE, plain_environment
from tests.support.orgs import found_org
from tests.support.smtp import Postbox, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
MESSAGES, ORGS, PLACES, LEASE_SECONDS = 1000, 5, 16, 10


@contextmanager
def runner(home: Path, environment: dict[str, str], *jobs: str) -> Iterator[subprocess.Popen[bytes]]:
    home.mkdir(parents=True)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(SWEEPLINE), "jobs", "run", *(jobs or ("--job", "outbox_delivery"))],
            env=plain_environment(home) | environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def mail_settings(database: TestDatabase, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": database.app_url,
        "APP_ENV": "dev",
        "EMAIL_MODE": "smtp",
        "EMAIL_FROM": "no-reply@example.org",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_USE_TLS": "false",
    }


async def enqueue_all(database: TestDatabase, cipher: Any, messages: int = MESSAGES) -> set[str]:
    clock, ids = SystemClock(), SystemIdentifiers()
    engine = make_engine(DatabaseOptions(database.app_url))
    uow: Any = PostgresUnitOfWork(engine, clock, ids, cipher)
    event_ids = set()
    for number in range(ORGS):
        org_id = await found_org(uow, clock.now())
        async with uow.begin(org_id) as unit:
            for message in range(messages // ORGS):
                mail = Message(
                    kind="email",
                    event_type="password_changed",
                    dedupe_key=f"user:{message}:password_changed",
                    payload={"to": f"user-{message}@org-{number}.example"},
                )
                event_ids.add(str(await unit.outbox.add(mail)))
    await engine.dispose()
    return event_ids


def arrived(postbox: Postbox) -> Counter[str]:
    return Counter(re.fullmatch(r"<(.+)@example\.org>", mail["Message-ID"])[1] for mail in postbox.received)  # type: ignore[index]  # else the test fails


def wait_for(postbox: Postbox, count: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while len(postbox.received) < count and time.monotonic() < until:
        time.sleep(0.02)


async def test_none_is_lost_and_none_comes_twice_but_those_in_flight(
    postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, tmp_path: Path
) -> None:
    postbox = Postbox(stall_seconds=0.02)
    with postgres.clone("runners") as database, mail_server(postbox) as port:
        enqueued = await enqueue_all(database, postgres_uow.cipher)
        environment = mail_settings(database, port) | {
            "OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS),
            "OUTBOX_CONCURRENCY": str(PLACES),
        }
        with runner(tmp_path / "one", environment) as first, runner(tmp_path / "two", environment) as second:
            wait_for(postbox, MESSAGES // 3, 60)
            first.kill()
            wait_for(postbox, MESSAGES, 60)
            await anyio.sleep(LEASE_SECONDS + 7)  # what the dead one held comes due again
            second.terminate()
            assert second.wait(timeout=30) == 0
        log = (tmp_path / "two" / "log").read_text()
        received = arrived(postbox)
        assert set(received) == enqueued, log
        twice = {event_id for event_id, count in received.items() if count > 1}
        lost = set(database.execute("select event_id from outbox_attempts where outcome = 'lost'").split())
        assert lost, "the kill hit nothing in flight: the test proves nothing"
        assert twice <= lost
        assert len(lost) <= PLACES
        assert max(received.values()) <= 2
        states = database.execute("select distinct status, outcome, lease_token is null from outbox_events")
        assert states.split() == ["sent|delivered|t"]
        assert database.execute("select count(*) from email_events where status = 'sent'").strip() == "1000"
