"""Memory has a bound, whatever is uploaded and however much of it at once (bar 6)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.large_images import HEIGHT, WIDTH

MEBIBYTE = 1024 * 1024
MOST_GROWTH = 100 * MEBIBYTE
WARM = 40 * MEBIBYTE  # a decoder that has nothing to do
BYTES_A_PIXEL = 18  # as docs/photos.md has it, but for alpha channels
TREE = Path(__file__).parents[2]


@pytest.mark.slow
def test_memory_grows_by_less_than_100_mib() -> None:
    """With the decoder's, for what is odd; the server's alone for what is as large as is allowed."""
    command = [sys.executable, "-m", "tests.support.upload_memory"]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (server, decoder), (server_at_most, decoder_at_most) = (
        [int(size) for size in line.split()] for line in done.stdout.splitlines()
    )
    assert server + decoder < MOST_GROWTH
    assert server_at_most < MOST_GROWTH / 4
    assert MOST_GROWTH < decoder_at_most < WARM + BYTES_A_PIXEL * WIDTH * HEIGHT
