"""The end of a command by signals: the first asks it to finish, a second one ends it at once."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from types import FrameType

from entrypoints.draining import STOP_SIGNALS, TWICE_SECONDS, stop_signals

type Handler = Callable[[int, FrameType | None], object]


@dataclass(slots=True)
class StopSignals:
    """Handlers of the process, not of its loop: a signal may come before there is one, or after its end."""

    _first_at: float | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _stop: asyncio.Event | None = field(default=None, init=False)

    def listen(self) -> None:
        for number in stop_signals():
            signal.signal(number, self._on_signal)

    def came(self) -> bool:
        return self._first_at is not None

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


@dataclass(slots=True)
class Unwinding:
    """SIGTERM unwinds a command as Ctrl-C does, so that what it started is stopped with it. What is `whole`
    is not cut in two: nobody would know yet of what it started."""

    _whole: bool = field(default=False, init=False)
    _waits: bool = field(default=False, init=False)
    _first_at: float | None = field(default=None, init=False)

    @contextmanager
    def whole(self) -> Iterator[None]:
        self._whole = True
        try:
            with _answered(signal.SIGINT, self.on_signal, instead_of=signal.default_int_handler):
                yield
        finally:
            self._whole = False
        if self._waits:
            raise KeyboardInterrupt

    def on_signal(self, _number: int, frame: FrameType | None) -> None:
        is_twin = self._first_at is not None and monotonic() - self._first_at < TWICE_SECONDS
        self._first_at = self._first_at or monotonic()
        if self._whole:
            self._waits = True
        elif not is_twin:
            interrupt = signal.getsignal(signal.SIGINT)  # of whoever runs a loop here
            (interrupt if callable(interrupt) else signal.default_int_handler)(signal.SIGINT, frame)


@contextmanager
def unwinding() -> Iterator[Unwinding]:
    """For as long as the block runs, unless somebody else answers the signal."""
    told = Unwinding()
    with (
        _answered(signal.SIGTERM, told.on_signal, instead_of=signal.SIG_DFL),
        _answered(signal.SIGHUP, told.on_signal, instead_of=signal.SIG_DFL),
    ):
        yield told


@contextmanager
def _answered(
    number: signal.Signals, answer: Handler, *, instead_of: Handler | signal.Handlers
) -> Iterator[None]:
    """Signals are the main thread's alone."""
    is_free = signal.getsignal(number) == instead_of and threading.current_thread() is threading.main_thread()
    if is_free:
        signal.signal(number, answer)
    try:
        yield
    finally:
        if is_free and signal.getsignal(number) == answer:
            signal.signal(number, instead_of)


def ignore_late_signals() -> None:
    """All is tidied up. While the interpreter ends it hands signals back to their default, which kills: a
    twin of the stop signal would turn a clean exit into a failure. What is ignored it leaves alone."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
