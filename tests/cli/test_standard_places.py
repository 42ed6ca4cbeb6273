import subprocess
import sys

import pytest

from tests.support.live import SWEEPLINE

OPENED_NEXT = """
import os, sys
for number in {closed}: os.close(number)
from entrypoints.cli.standard_places import fill_standard_places
fill_standard_places()
opened = os.open(os.devnull, os.O_RDONLY)
sys.exit(0 if opened > 2 and all(map(os.get_inheritable, range(3))) else f"it is {{opened}}")
"""


@pytest.mark.parametrize("closed", [(), (0,), (0, 1), (0, 1, 2), (1,)])
def test_nothing_else_is_opened_where_standard_input_or_output_was_closed(closed: tuple[int, ...]) -> None:
    assert (
        subprocess.run([sys.executable, "-c", OPENED_NEXT.format(closed=closed)], check=False).returncode == 0
    )


def test_the_command_works_without_them() -> None:
    closing = ["sh", "-c", f"exec {SWEEPLINE} jobs list --json <&- >&- 2>&-"]
    heard = subprocess.run(closing, capture_output=True, check=False)
    assert (heard.returncode, heard.stdout, heard.stderr) == (0, b"", b"")
