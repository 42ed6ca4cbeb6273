"""Nothing outlives its runner, however that ends: as Linux tells it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.busy_runner import PROCESSES
from tests.support.processes import is_running
from tests.support.shipments import couriers_environment

NOWHERE = "http://127.0.0.1:9/"
PATIENCE_SECONDS = 20


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_couriers_end_with_their_runner_even_one_that_is_held_up(
    tmp_path: Path, number: signal.Signals
) -> None:
    told, until = tmp_path / "processes", time.monotonic() + PATIENCE_SECONDS
    command = [sys.executable, "-m", "tests.support.busy_runner", str(told)]
    with subprocess.Popen(command, env=couriers_environment(tmp_path, NOWHERE)) as runner:
        try:
            while not told.exists() and time.monotonic() < until:
                time.sleep(0.02)
            processes = [int(process) for process in told.read_text().split()]
            assert len(processes) == PROCESSES
            assert all(map(is_running, processes))
            runner.send_signal(number)
            while any(map(is_running, processes)) and time.monotonic() < until:
                time.sleep(0.02)
            assert not any(map(is_running, processes))
        finally:
            runner.kill()
