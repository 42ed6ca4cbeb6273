"""What the process logs, as it would stand in its output."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from entrypoints.logs import configure_logging
from entrypoints.settings.groups import GeneralSettings


class Lines(io.StringIO):
    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@contextmanager
def captured_lines(settings: GeneralSettings | None = None) -> Iterator[Lines]:
    """Everything that is logged meanwhile goes here and nowhere else."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = Lines()
    configure_logging(settings or GeneralSettings(), stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
