"""Whether a courier that says nothing is held up by a message, or only waits for its turn at the processor.

On a crowded machine, or in a container that may use a tenth of a processor, seconds pass between two words
of one that does well. So what counts is what it does meanwhile: work on and on, or wait for something."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MOST_LOOKS = 3
"""Two a second. Looks are counted, not seconds, as whoever looks may itself have stood still."""
MOST_BUSY_SECONDS = 1.25
"""Of processor time, from one look on. The largest message takes a tenth of it."""
_STATE, _OF_ITS_OWN, _OF_THE_SYSTEM = 0, 11, 12
"""Behind the name in brackets: fields 3, 14 and 15 of `/proc/<pid>/stat`."""
_WILL_GO_ON = frozenset("RD")  # it waits for the processor, or for a disk


class Standing(NamedTuple):
    busy_seconds: float  # since it began
    will_go_on: bool


@dataclass(slots=True)
class Silence:
    _looks: int = 0
    _busy_before: float | None = None

    def end(self) -> None:
        self._looks, self._busy_before = 0, None

    def is_too_long(self, standing: Standing | None) -> bool:
        """At one more look. `standing` is None where the system does not tell it."""
        if standing is None or not standing.will_go_on:
            self._looks += 1
            return self._looks > MOST_LOOKS
        if self._busy_before is None:
            self._busy_before = standing.busy_seconds
        return standing.busy_seconds - self._busy_before >= MOST_BUSY_SECONDS


def standing_of(process_id: int) -> Standing | None:
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    ticks = int(fields[_OF_ITS_OWN]) + int(fields[_OF_THE_SYSTEM])
    return Standing(ticks / os.sysconf("SC_CLK_TCK"), fields[_STATE] in _WILL_GO_ON)
