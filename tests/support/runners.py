"""Real runner processes over a database and an inbox of the test's own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.support.database import TestDatabase
from tests.support.forked import Forked, fork
from tests.support.inbox import Inbox, receiving
from tests.support.live import SWEEPLINE, plain_environment

DELIVERY = ("jobs", "run", "--job", "outbox_delivery")
POISONED = (sys.executable, "-m", "tests.support.poisoned")
LEASE_SECONDS = 10
"""The least there may be."""


@dataclass(slots=True)
class Runner:
    process: subprocess.Popen[bytes] | Forked
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 30) -> int:
        """Its exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def pause(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)


@dataclass(slots=True)
class Works:
    """A database, an inbox that exports go to, and the runners between them."""

    database: TestDatabase
    inbox: Inbox
    home: Path
    environment: dict[str, str]
    runners: list[Runner] = field(default_factory=list)

    def found_org(self) -> str:
        """As its birth would begin: its rows in `orgs`, all that the outbox asks for."""
        org_id = str(uuid4())
        self.database.execute(
            "insert into orgs (id, slug, status, created_at)"
            f" values ('{org_id}', 'org-{org_id[-12:]}', 'active', now())"
        )
        return org_id

    def enqueue(self, org_id: str, count: int, data: str = "{}", key: str = "k") -> set[str]:
        """The ids of so many exports that are due now, each with that `data`."""
        rows = self.database.execute(
            "insert into outbox_events (org_id, event_id, kind, event_type, dedupe_key, payload,"
            " next_attempt_at, created_at)"
            f" select '{org_id}', gen_random_uuid(), 'export', 'lead.created', '{key}' || n,"
            f" jsonb_build_object('data', '{data}'::jsonb), clock_timestamp(), clock_timestamp()"
            f" from generate_series(1, {count}) n returning event_id"
        )
        return {row for row in rows.split() if len(row) == len(org_id)}

    def fork(self) -> Runner:
        """As `start`, and at work sooner."""
        home, log = self._room()
        process = fork(DELIVERY, plain_environment(home) | self.environment, home, log)
        self.runners.append(Runner(process, log))
        return self.runners[-1]

    def start(self, program: Sequence[str] = (str(SWEEPLINE),), **environment: str) -> Runner:
        home, log = self._room()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*program, *DELIVERY],
                env=plain_environment(home) | self.environment | environment,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.runners.append(Runner(process, log))
        return self.runners[-1]

    def _room(self) -> tuple[Path, Path]:
        """Of the next runner: its home, and where it writes."""
        home = self.home / f"runner-{len(self.runners)}"
        home.mkdir(parents=True)
        return home, home / "log"

    def wait_until_at_work(self, runner: Runner, seconds: float = 60) -> None:
        """Until it holds a message."""
        until = time.monotonic() + seconds
        held = f"select count(*) from outbox_events where lease_runner like '%:{runner.process.pid}#%'"
        while self.ask(held) == ["0"] and time.monotonic() < until:
            time.sleep(0.1)

    def ask(self, sql: str) -> list[str]:
        return self.database.execute(sql).split()

    def outcomes(self) -> dict[str, int]:
        """How many attempts ended how."""
        rows = self.ask("select outcome, count(*) from outbox_attempts group by outcome")
        return {outcome: int(count) for outcome, count in (row.split("|") for row in rows)}

    def unsettled(self) -> int:
        return int(self.ask("select count(*) from outbox_events where next_attempt_at is not null")[0])

    def wait_until_settled(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.unsettled() and time.monotonic() < until:
            time.sleep(0.2)

    @property
    def logs(self) -> str:
        return "\n".join(runner.log.read_text() for runner in self.runners)


ONE_BY_ONE = threading.Lock()
"""Each runner has a room of its own, numbered."""


class Watch:
    """Starts a runner anew whenever it died, as whoever keeps a service running does; it may meet poison."""

    def __init__(self, field: Works) -> None:
        self.field, self.over, self.deaths = field, threading.Event(), 0
        self.thread = threading.Thread(target=self._keep)

    def _keep(self) -> None:
        runner = self._start()
        while not self.over.wait(0.05):
            if runner.process.poll() is not None:
                self.deaths += 1
                runner = self._start()
        runner.stop()

    def _start(self) -> Runner:
        with ONE_BY_ONE:
            return self.field.start(POISONED)


@contextmanager
def works(postgres: TestDatabase, name: str, home: Path, inbox: Inbox, **settings: str) -> Iterator[Works]:
    with postgres.clone(name) as database, receiving(inbox):
        made = Works(database, inbox, home, _environment(database, inbox, settings))
        try:
            yield made
        finally:
            for runner in made.runners:
                runner.process.kill()
                runner.process.wait()


def _environment(database: TestDatabase, inbox: Inbox, settings: Mapping[str, str]) -> dict[str, str]:
    return {
        "DATABASE_URL": database.app_url,
        "APP_ENV": "dev",
        "LOG_LEVEL": "WARNING",
        "EXPORT_MODE": "webhook",
        "EXPORT_WEBHOOK_URL": inbox.url,
        "EXPORT_WEBHOOK_ALLOW_HTTP": "true",
        "EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS": "false",
        "OUTBOX_LEASE_SECONDS": str(LEASE_SECONDS),
        **settings,
    }
