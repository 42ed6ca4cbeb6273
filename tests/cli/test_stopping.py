"""The end of a command: one signal asks, its twin says nothing new, a second one ends, whichever they are."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from entrypoints.draining import stop_signals
from tests.support.http import clean_environment

TWICE_SECONDS = 0.2
PROGRAM = f"""
import asyncio
from entrypoints.cli import stopping
stopping.TWICE_SECONDS = {TWICE_SECONDS}
signals = stopping.StopSignals()
signals.listen()
async def work():
    print("begun", flush=True)
    await signals.event().wait()
    print("asked", flush=True)
    await asyncio.sleep(60)
asyncio.run(work())
"""


@contextmanager
def working() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    try:
        assert told(process) == "begun"
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def told(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip() if process.stdout is not None else ""


@pytest.mark.parametrize(
    ("first", "second"), [(signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)]
)
def test_a_second_signal_ends_at_once_and_a_twin_does_not(
    first: signal.Signals, second: signal.Signals
) -> None:
    with working() as process:
        process.send_signal(first)
        process.send_signal(second)
        assert told(process) == "asked"
        time.sleep(TWICE_SECONDS + 0.05)
        assert process.poll() is None
        process.send_signal(second)
        assert process.wait(timeout=5) == -second


def test_nohup_holds() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        assert signal.SIGHUP in stop_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        assert stop_signals() == (signal.SIGTERM, signal.SIGINT)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status"), [(("serve", "--port", "0", "--no-jobs"), 0), (("migrate",), 1)]
)
def test_a_command_that_is_told_to_end_at_its_start_leaves_no_database_behind(
    tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    """SIGTERM ended it on the spot, and the server it had just started ran on for ever."""
    database = EmbeddedPostgres(tmp_path)._place()  # to join it would keep it running
    process = subprocess.Popen(
        [sys.executable, "-m", "entrypoints.cli.main", *arguments],
        env=clean_environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not database.listening():
            assert time.monotonic() < until
            time.sleep(0.01)
        process.terminate()
        assert process.wait(timeout=30) == status
        assert not database.listening()
    finally:
        process.kill()
        process.wait()
        if database.listening():
            database.stop()
