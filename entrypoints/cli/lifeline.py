"""Held by the process above several: whoever of those below finds it cut ends as if told to.

A supervisor that is killed can tell nobody, and its workers kept the port that the next start needs.
"""

import os
import signal
import threading
from collections.abc import MutableMapping

LIFELINE = "SWEEPLINE_LIFELINE"
"""The number under which a child has the reading end of a pipe. Nothing is ever written to it."""


def hold_lifeline(environ: MutableMapping[str, str]) -> None:
    """Once, at the start of a program. What it starts itself is not to hold on too."""
    if number := environ.pop(LIFELINE, None):
        threading.Thread(target=_end_when_cut, args=(int(number),), name="lifeline", daemon=True).start()


def _end_when_cut(number: int) -> None:
    os.read(number, 1)
    os.kill(os.getpid(), signal.SIGTERM)
