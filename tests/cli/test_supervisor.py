"""The process above several: each of those below is told of the end once, and so finishes what it began."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
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
signal.alarm(90)  # however the test ends
signal.pause()
end = time.monotonic() + {LINGERS_SECONDS}
while time.monotonic() < end:
    time.sleep(0.01)
"""


ABOVE = """
import socket, sys
from entrypoints.cli import supervisor
from entrypoints.settings import load_settings
supervisor.PROGRAM = (sys.executable, "-c", sys.argv[2], sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
supervisor.Supervisor(load_settings({}), listener, workers=2, jobs=False).run()
"""
HELD = f"""
import os
from entrypoints.cli.lifeline import hold_lifeline
hold_lifeline(os.environ)
{CHILD}
"""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
def test_a_child_is_told_of_the_end_once(
    asked: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told again it took that for a second signal, and cut off the requests it was answering. By a terminal
    that was closed (SIGHUP) none was told, and all outlived the process above them."""
    told = tmp_path / "told"
    monkeypatch.setattr(supervisor, "PROGRAM", (sys.executable, "-c", CHILD, str(told)))

    def end_it() -> None:
        wait_for(lambda: told.exists() and "begun" in told.read_text())
        os.kill(os.getpid(), asked)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=end_it, daemon=True).start()
        assert Supervisor(load_settings({}), listener, workers=1, jobs=False).run() == 0
    assert told.read_text().split() == ["begun", "told"]


def test_children_end_with_a_process_above_them_that_was_killed(tmp_path: Path) -> None:
    """It could tell them nothing: they went on, and kept the port that the next start needs."""
    told = tmp_path / "told"
    above = subprocess.Popen([sys.executable, "-c", ABOVE, str(told), HELD])
    wait_for(lambda: told.exists() and told.read_text().split() == ["begun"] * 2)
    above.kill()
    above.wait()
    wait_for(lambda: told.read_text().split()[2:] == ["told"] * 2)
