"""Servers are replaced one after another under load: nobody who was let in is sent away without an answer."""

import itertools
import json
import random
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import TestDatabase
from tests.support.live import UNLIMITED, LiveServer, start_forked, wait_until_ready

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
RESTARTS, SERVERS, EXIT_SECONDS = 50, 2, 30
LOOK_SECONDS, DELAY_SECONDS = 0.15, 1
PAUSE_SECONDS = 1.5  # between two halves of a body: longer than a server goes on listening
THINK_SECONDS = 0.06
PASSWORD = "correct horse battery"
BASIC = {"Authorization": "Basic " + b64encode(f"office:{PASSWORD}".encode()).decode()}
ENVIRONMENT = {
    **UNLIMITED,
    "APP_ENV": "dev",
    "LOG_LEVEL": "WARNING",
    "SHUTDOWN_DELAY_SECONDS": str(DELAY_SECONDS),
    "LEGACY_BASIC_AUTH_ENABLED": "true",
    "OWNER_BASIC_USERNAME": "office",
    "OWNER_BASIC_PASSWORD": PASSWORD,
}


@dataclass(slots=True)
class Balancer:
    """Sends nobody to a server whose `/readyz` was not 200 when it was last looked at, a moment ago."""

    servers: list[LiveServer] = field(default_factory=list)
    ready: dict[int, tuple[float, LiveServer]] = field(default_factory=dict)  # by port; when it was looked at
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(LOOK_SECONDS):
            for server in list(self.servers):
                looked_at = time.monotonic()
                if is_ready(server):
                    self.ready[server.port] = looked_at, server
                else:
                    self.ready.pop(server.port, None)

    def choose(self) -> LiveServer:
        """Waits for one. On a busy machine a look may come late: an old one counts for nothing."""
        while not (ready := [server for at, server in list(self.ready.values()) if fresh(at)]):
            time.sleep(0.01)
        return random.choice(ready)


def fresh(looked_at: float) -> bool:
    return time.monotonic() - looked_at < DELAY_SECONDS / 2


def is_ready(server: LiveServer) -> bool:
    try:
        return server.get("/readyz")[0] == 200
    except (OSError, HTTPException):
        return False


@dataclass(slots=True)
class Crowd:
    balancer: Balancer
    answers: list[tuple[int, Any]] = field(default_factory=list)
    spans: list[tuple[LiveServer, float, float]] = field(default_factory=list)  # of each answered request
    failures: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask_again_and_again(self) -> None:
        """Over connections that are kept, as a balancer's are; reads and writes in turn."""
        kept: dict[int, HTTPConnection] = {}
        while not self.balancer.over.is_set():
            time.sleep(THINK_SECONDS)
            server = self.balancer.choose()
            connection = kept.setdefault(
                server.process.pid, HTTPConnection("127.0.0.1", server.port, timeout=30)
            )
            if next(self.numbers) % 2:
                self._note(server, connection, "GET", "/v1/admin/leads?limit=5", None)
            else:
                self._note(server, connection, "POST", "/v1/public/default/leads", a_lead(next(self.numbers)))
        for connection in kept.values():
            connection.close()

    def ask_slowly(self) -> None:
        """A body in two halves: whoever has taken the first waits for the second."""
        while not self.balancer.over.is_set():
            server = self.balancer.choose()
            body = a_lead(next(self.numbers))
            connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
            self._note(server, connection, "POST", "/v1/public/default/leads", body, PAUSE_SECONDS)
            connection.close()

    def _note(
        self,
        server: LiveServer,
        connection: HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        pause: float = 0,
    ) -> None:
        began = time.monotonic()
        try:
            connection.putrequest(method, path)
            for name, value in BASIC.items() if method == "GET" else ():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(len(body)))
            half = len(body or b"") // 2 if pause else 0
            connection.endheaders((body or b"")[:half] or None)
            time.sleep(pause)
            connection.send((body or b"")[half:])
            answer = connection.getresponse()
            self.answers.append((answer.status, json.loads(answer.read())))
            self.spans.append((server, began, time.monotonic()))
        except (OSError, HTTPException, ValueError) as error:
            self.failures.append(f"{method} {path} at {server.port} after a pause of {pause}: {error!r}")

    def under_way(self, server: LiveServer, moment: float) -> int:
        """How many answered requests that server had taken and not yet answered."""
        return sum(asked is server and began < moment < ended for asked, began, ended in self.spans)


def a_lead(number: int) -> bytes:
    lead = {
        "name": f"Client {number}",
        "phone": f"+1 555 {number:07}",
        "email": f"client-{number}@example.com",
        "home": {"beds": 1, "baths": 1},
    }
    return json.dumps(lead).encode()


@contextmanager
def at_work(crowd: Crowd) -> Iterator[None]:
    works = [crowd.balancer.watch, *[crowd.ask_again_and_again] * 3, *[crowd.ask_slowly] * 3]
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        crowd.balancer.over.set()
        for thread in threads:
            thread.join(60)


@dataclass(slots=True)
class End:
    """Of a server that was asked to stop; waited for while the next one starts."""

    server: LiveServer
    asked_at: float = field(default_factory=time.monotonic)
    status: int | None = None
    seconds: float = 0

    def wait(self) -> None:
        self.status = self.server.process.wait()
        self.seconds = time.monotonic() - self.asked_at


def end(server: LiveServer) -> tuple[End, threading.Thread]:
    ending = End(server)
    server.process.terminate()
    waiting = threading.Thread(target=ending.wait, daemon=True)
    waiting.start()
    return ending, waiting


def test_rolling_restarts_of_servers_leave_no_request_without_its_answer(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    begun: list[LiveServer] = []
    ends = []
    balancer = Balancer()
    crowd = Crowd(balancer)
    with postgres.clone("rolling") as database:
        environment = ENVIRONMENT | {"DATABASE_URL": database.app_url}

        def begin() -> LiveServer:
            server = start_forked(tmp_path, "--no-jobs", environment=environment)
            begun.append(server)
            return server

        def admit(server: LiveServer) -> None:
            wait_until_ready(server)
            balancer.servers.append(server)

        for server in [begin() for _ in range(SERVERS)]:
            admit(server)
        try:
            with at_work(crowd):
                coming = begin()
                for number in range(RESTARTS):
                    admit(coming)
                    coming = begin()  # while the last one is given work
                    time.sleep(2 * LOOK_SECONDS)
                    ends.append(end(begun[number]))  # the balancer is not told
                for _, waiting in ends:
                    waiting.join(EXIT_SECONDS)
        finally:
            for server in begun:
                server.stop()
        kept = set(database.execute("select lead_id from leads").split())
    assert crowd.failures == []
    assert {status for status, _ in crowd.answers} == {200, 201}
    made = [answer["lead_id"] for status, answer in crowd.answers if status == 201]
    assert set(made) == kept
    assert len(made) == len(kept)
    assert {each.status for each, _ in ends} == {0}
    assert len(ends) == RESTARTS
    assert max(each.seconds for each, _ in ends) < EXIT_SECONDS
    asked = sum(crowd.under_way(each.server, each.asked_at) for each, _ in ends)
    shut = sum(crowd.under_way(each.server, each.asked_at + DELAY_SECONDS) for each, _ in ends)
    assert asked >= RESTARTS // 2, "hardly anybody was being served: it proves nothing"
    assert shut >= RESTARTS // 10, "hardly anybody was slower than the delay: it proves nothing"
