"""The real server in a process of its own, on a free port, under a home that a test may own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.support.forked import Forked, fork

SWEEPLINE = Path(sys.executable).with_name("sweepline")
PATIENCE_SECONDS = 180  # a busy machine fills the demo slowly
UNLIMITED = {
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "RATE_LIMIT_CALLER_PER_MINUTE": "1000000",
    "ADMIN_ACTION_RATE_LIMIT_PER_MINUTE": "1000000",
    "PUBLIC_LEADS_PER_HOUR": "1000000",
}
"""For tests that send a crowd from one address."""


@dataclass(slots=True)
class LiveServer:
    """A server that answered `/readyz` once. Its output grows in `log`."""

    process: subprocess.Popen[bytes] | Forked
    port: int
    home: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers (names in lower case) and the decoded body."""
        return self.ask("GET", path, headers=headers)

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], Any]:
        """`body` is sent as JSON; bytes are sent as they are."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            connection.request(method, path, _encoded(body), sent)
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                _decoded(answer.read()),
            )
        finally:
            connection.close()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Its exit status; harmless when it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        return self.process.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def serving(
    home: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = (str(SWEEPLINE),),
) -> Iterator[LiveServer]:
    """Started with `serve --port N` and the arguments given, and ready; stopped at the end."""
    server = start(home, *arguments, environment=environment, program=program)
    try:
        wait_until_ready(server)
        yield server
    finally:
        server.stop()


def start(
    home: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = (str(SWEEPLINE),),
) -> LiveServer:
    """As `serving`, but neither waited for nor stopped."""
    port, log = _room(home)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*program, "serve", "--port", str(port), *arguments],
            env=plain_environment(home) | dict(environment or {}),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return LiveServer(process, port, home, log)


def start_forked(home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> LiveServer:
    """As `start`, and ready in a fraction of the time."""
    port, log = _room(home)
    given = plain_environment(home) | dict(environment or {})
    return LiveServer(fork(["serve", "--port", str(port), *arguments], given, home, log), port, home, log)


def _room(home: Path) -> tuple[int, Path]:
    """A port, and where its server writes."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    return port, home / f"serve-{port}.log"


def command(
    home: Path, arguments: Sequence[str], environment: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """`sweepline …` on that home, to its end."""
    return subprocess.run(
        [str(SWEEPLINE), *arguments],
        env=plain_environment(home) | dict(environment or {}),
        cwd=home,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def wait_until_ready(server: LiveServer) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not _ready(server):
        if server.process.poll() is not None or time.monotonic() > until:
            server.stop(signal.SIGKILL)
            raise AssertionError(f"The server did not become ready:\n{server.output}")
        time.sleep(0.05)


def plain_environment(home: Path) -> dict[str, str]:
    """Nothing of the caller's configuration reaches the server."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "SWEEPLINE_HOME": str(home / "sweepline"), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(server: LiveServer) -> bool:
    try:
        return server.get("/readyz")[0] == 200
    except (OSError, HTTPException):
        return False


def _encoded(body: object) -> bytes | None:
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
