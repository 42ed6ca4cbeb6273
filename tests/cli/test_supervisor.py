"""The process above several: each of those below is told of the end once, and so finishes what it began."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.cli import supervisor
from entrypoints.cli.supervisor import Supervisor
from entrypoints.draining import STOP_SIGNALS
from entrypoints.settings import load_settings

LINGERS_SECONDS = 0.4  # longer than the supervisor's own pause
CHILD = f"""
import signal, sys, time
told = open(sys.argv[1], "a", buffering=1)
signal.signal(signal.SIGTERM, lambda *_: print("told", file=told))
print("begun", file=told)
signal.pause()
end = time.monotonic() + {LINGERS_SECONDS}
while time.monotonic() < end:
    time.sleep(0.01)
"""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
def test_a_child_is_told_of_the_end_once(
    asked: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told again it took that for a second signal, and cut off the requests it was answering. By a terminal
    that was closed (SIGHUP) none was told, and all outlived the process above them."""
    told = tmp_path / "told"
    monkeypatch.setattr(supervisor, "PROGRAM", (sys.executable, "-c", CHILD, str(told)))

    def end_it() -> None:
        while not told.exists() or "begun" not in told.read_text():
            pass
        os.kill(os.getpid(), asked)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=end_it, daemon=True).start()
        assert Supervisor(load_settings({}), listener, workers=1, jobs=False).run() == 0
    assert told.read_text().split() == ["begun", "told"]
