"""Reads along what tests make the application log, as its output would say it, for what must not be there."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from entrypoints.logs import LineHandler

NEVER = re.compile(
    r"eyJ[\w-]{20,}"  # a token
    r"|[\w.+-]+@[\w-]+\.example"  # an address, as all tests write them
    r"|\+1 ?555[ \d]{6,}"
    r"|correct horse battery staple|four other words entirely"  # passwords of tests
    r"|sk_(?:live|test)_\w|whsec_\w"
)


class Scan(io.StringIO):
    """Keeps no line but those with a find."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.found: list[str] = []

    def write(self, line: str) -> int:
        self.lines += 1
        if NEVER.search(line):
            self.found.append(line)
        return len(line)


@contextmanager
def scanning_logs() -> Iterator[Scan]:
    """Beside whatever else handles the records meanwhile."""
    scan = Scan()
    handler = LineHandler("json", scan)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield scan
    finally:
        root.removeHandler(handler)
