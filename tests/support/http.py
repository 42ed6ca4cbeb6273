"""The real application, in process on ASGI or as a process of its own, over PostgreSQL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from dishka import AsyncContainer, Provider, Scope
from litestar import Controller

from application.ports.clock import Clock
from entrypoints.http.app import CONTROLLERS
from entrypoints.settings import Settings, load_settings
from entrypoints.wiring import make_container
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.identity import an_address
from tests.support.live import UNLIMITED
from tests.support.wired import client_of

NO_DATABASE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
"""For what must work without one: whoever asks it anything fails."""
BASE = {"APP_ENV": "dev", "PASSWORD_HASH_ARGON2_MEMORY_COST": "19456", **UNLIMITED}


def settings_for(home: Path, database: TestDatabase | None, **environ: str) -> Settings:
    given = {**BASE, "SWEEPLINE_HOME": str(home), **environ}
    if database is not None:
        given = {"DATABASE_URL": database.app_url, "DATABASE_OWNER_URL": database.owner_url} | given
    return load_settings(given)


@dataclass(slots=True)
class App:
    """The application in process, with its container at hand and a clock that tests may set."""

    container: AsyncContainer
    client: httpx.AsyncClient
    clock: FixedClock
    settings: Settings
    logins: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def open_app(
    settings: Settings,
    clock: FixedClock,
    *overrides: Provider,
    controllers: Sequence[type[Controller]] = CONTROLLERS,
) -> AsyncIterator[App]:
    clocks = Provider(scope=Scope.APP)
    clocks.provide(lambda: clock, provides=Clock)
    container = make_container(settings, clocks, *overrides)
    try:
        async with client_of(settings, container, peer=an_address(), controllers=controllers) as client:
            yield App(container, client, clock, settings)
    finally:
        await container.close()


@dataclass(slots=True)
class LiveServer:
    """A `sweepline serve` of its own."""

    url: str
    process: subprocess.Popen[str]
    home: Path
    log: Path

    def kill(self) -> None:
        """As a crash: nothing is finished, nothing is cleaned up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """By SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=40)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def open_server(
    home: Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[LiveServer]:
    """A server on a free port, ready; on the embedded database of `home` unless `environ` names another."""
    port = free_port()
    log = home / "serve.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "entrypoints.cli.main", "serve", "--port", str(port), *arguments],
            env={**clean_environment(home), **(environ or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
    server = LiveServer(f"http://127.0.0.1:{port}", process, home, log)
    try:
        wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def clean_environment(home: Path) -> dict[str, str]:
    """Ours without anything that configures Sweepline."""
    kept = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
    }
    return {**kept, "SWEEPLINE_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}


def wait_until_ready(server: LiveServer, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not ready:\n{server.log.read_text()}")


def run_cli(
    *arguments: str, home: Path, environ: Mapping[str, str] | None = None, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """`sweepline …` in a process of its own; `given` is its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "entrypoints.cli.main", *arguments],
        env={**clean_environment(home), **(environ or {})},
        capture_output=True,
        text=True,
        input=given,
        timeout=120,
        check=False,
    )


def json_of(finished: subprocess.CompletedProcess[str]) -> Any:
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
