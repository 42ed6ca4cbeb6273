"""Memory has a bound, whatever is uploaded and however much of it at once (bar 6)."""

import subprocess
import sys
from pathlib import Path

import pytest

MOST_GROWTH = 100 * 1024 * 1024
TREE = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("uploads", ["hostile", "large"])
def test_memory_grows_by_less_than_100_mib(uploads: str) -> None:
    command = [sys.executable, "-m", "tests.support.upload_memory", uploads]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST_GROWTH
