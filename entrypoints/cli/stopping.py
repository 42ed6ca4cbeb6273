"""The end of a command by signals: the first asks it to finish, a second one ends it at once."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from time import monotonic
from types import FrameType

from entrypoints.draining import STOP_SIGNALS, TWICE_SECONDS


@dataclass(slots=True)
class StopSignals:
    """Handlers of the process, not of its loop: a signal may come before there is one, or after its end."""

    _first_at: float | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _stop: asyncio.Event | None = field(default=None, init=False)

    def listen(self) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)

    def event(self) -> asyncio.Event:
        """Set by the first signal; called in the loop that is to end."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        if self._first_at is not None:
            self._stop.set()
        return self._stop

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._first_at is None:
            self._first_at = monotonic()
            if self._loop is not None and self._stop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._stop.set)
        elif monotonic() - self._first_at > TWICE_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def ignore_late_signals() -> None:
    """All is tidied up. While the interpreter ends it hands signals back to their default, which kills: a
    twin of the stop signal would turn a clean exit into a failure. What is ignored it leaves alone."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
