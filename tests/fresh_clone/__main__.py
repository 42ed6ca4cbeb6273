"""From a fresh clone to the first ready answer in under a minute, by the README's command.

Run as root it is timed twice: as root and as an ordinary user. The first start of each fills the package
cache and is not counted. `python -m tests.fresh_clone`; exit status 1 when the bar is missed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from tests.fresh_clone.newcomer import Newcomer, clone, lend_interpreter, ordinary_user, seconds_until_ready
from tests.support.live import free_port

BAR_SECONDS = 60
ROOT = Path(__file__).parents[2]


def readme_command() -> str:
    """The line that the README gives a newcomer, word for word."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^pip install uv && uv run sweepline serve --demo$", readme, re.MULTILINE)
    if not found:
        raise SystemExit("README.md no longer shows the command that this script times.")
    return found.group()


def timed(newcomer: Newcomer) -> float:
    port = free_port()
    command = f"{readme_command()} --port {port}"
    url = f"http://127.0.0.1:{port}/readyz"
    seconds = [
        seconds_until_ready(newcomer, command, clone(ROOT, newcomer, number), url) for number in (1, 2)
    ]
    print(
        f"as {newcomer.name}: ready after {seconds[1]:.1f} s (with a cold package cache {seconds[0]:.1f} s)",
        flush=True,
    )
    return seconds[1]


def main() -> int:
    running_as_root = os.getuid() == 0
    took = []
    for account_or_self in (nullcontext(None), ordinary_user()) if running_as_root else (nullcontext(None),):
        place = Path(tempfile.mkdtemp(prefix="fresh-", dir="/tmp"))  # readable by the other user
        place.chmod(0o755)
        try:
            with account_or_self as account:
                newcomer = Newcomer(account, place)
                newcomer.own(place)
                if account:
                    lend_interpreter(newcomer)
                took.append(timed(newcomer))
        finally:
            subprocess.run(["rm", "-rf", str(place)], check=True)
    print(f"bar: {BAR_SECONDS} s; slowest: {max(took):.1f} s")
    return int(max(took) >= BAR_SECONDS)


if __name__ == "__main__":
    if not shutil.which("git"):
        raise SystemExit("git is needed to make a fresh clone.")
    sys.exit(main())
