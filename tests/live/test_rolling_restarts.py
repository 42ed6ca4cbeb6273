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
from tests.support.live import UNLIMITED, LiveServer, start, wait_until_ready

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
RESTARTS, SERVERS, EXIT_SECONDS = 6, 2, 30
LOOK_SECONDS, DELAY_SECONDS = 0.1, 1
PAUSE_SECONDS = 1.5  # between two halves of a body: longer than a server goes on listening
THINK_SECONDS = 0.02
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
    """Sends nobody to a server whose `/readyz` was not 200 when it was last looked at."""

    servers: list[LiveServer] = field(default_factory=list)
    ready: list[LiveServer] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(LOOK_SECONDS):
            self.ready = [server for server in list(self.servers) if is_ready(server)]

    def choose(self) -> LiveServer:
        while not (ready := self.ready):
            time.sleep(0.01)
        return random.choice(ready)


def is_ready(server: LiveServer) -> bool:
    try:
        return server.get("/readyz")[0] == 200
    except (OSError, HTTPException):
        return False


@dataclass(slots=True)
class Crowd:
    balancer: Balancer
    answers: list[tuple[int, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask_again_and_again(self) -> None:
        """Over connections that are kept, as a balancer's are; reads and writes in turn."""
        kept: dict[int, HTTPConnection] = {}
        while not self.balancer.over.is_set():
            time.sleep(THINK_SECONDS)
            server = self.balancer.choose()
            connection = kept.setdefault(server.port, HTTPConnection("127.0.0.1", server.port, timeout=30))
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
        except (OSError, HTTPException, ValueError) as error:
            self.failures.append(f"{method} {path} at {server.port} after a pause of {pause}: {error!r}")


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
    balancer = Balancer()
    crowd = Crowd(balancer)
    with postgres.clone("rolling") as database:
        environment = ENVIRONMENT | {"DATABASE_URL": database.app_url}

        def begin() -> LiveServer:
            server = start(tmp_path, "--no-jobs", environment=environment)
            balancer.servers.append(server)
            return server

        for server in [begin() for _ in range(SERVERS)]:
            wait_until_ready(server)
        ends = []
        try:
            with at_work(crowd):
                for number in range(RESTARTS):
                    wait_until_ready(begin())
                    time.sleep(2 * LOOK_SECONDS)  # it is given work
                    ends.append(end(balancer.servers[number]))  # the balancer is not told
                for _, waiting in ends:
                    waiting.join(EXIT_SECONDS)
        finally:
            for server in balancer.servers:
                server.stop()
        kept = set(database.execute("select lead_id from leads").split())
    assert crowd.failures == []
    assert {status for status, _ in crowd.answers} == {200, 201}
    made = [answer["lead_id"] for status, answer in crowd.answers if status == 201]
    assert set(made) == kept
    assert len(made) == len(kept)
    assert {each.status for each, _ in ends} == {0}
    seconds = [each.seconds for each, _ in ends]
    assert max(seconds) < EXIT_SECONDS
    assert max(seconds) > DELAY_SECONDS, "no slow one was in flight: it proves nothing"
