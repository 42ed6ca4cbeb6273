"""Nothing outlives its runner, however that ends: as Linux tells it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from entrypoints.wiring.couriers import PROGRAM
from tests.support.busy_runner import PROCESSES
from tests.support.live import plain_environment
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


def test_a_nursery_takes_no_code_from_where_it_is_begun_and_tells_of_its_end_by_the_log(
    tmp_path: Path,
) -> None:
    for name in ("uvloop", "adapters", "msgspec"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not from here')")
    environment = plain_environment(tmp_path) | {"APP_ENV": "dev"}
    ended = subprocess.run(
        PROGRAM,
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,  # from which no orders come
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    (line,) = map(json.loads, ended.stdout.splitlines())
    assert (line["level"], line["logger"]) == ("critical", "sweepline.couriers")
    assert "non-socket" in line["error"]
