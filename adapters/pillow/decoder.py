"""The process in which photos are decoded, as the server sees it."""

import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import IO, NoReturn, cast

import anyio
from anyio.to_thread import run_sync

from adapters.pillow.orders import Order, Outcome
from domain.photos.refusals import ImageUnreadable
from domain.shared.errors import Unavailable

MOST_ORDERS = 200  # what one process may have come to keep goes with it
RETRY_AFTER_SECONDS = 5
ENDED_BY_ITS_IMAGE = frozenset({
    -signal.SIGALRM, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL,
})  # fmt: skip

logger = logging.getLogger("sweepline.photos")


@dataclass(slots=True)
class Decoder:
    """One process, and one image at a time in it: started by the first, kept warm, replaced where it ended.
    It reads our orders to their end, and that comes with ours, however we end."""

    _line: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))
    _child: subprocess.Popen[bytes] | None = None
    _orders: int = 0

    @property
    def process_id(self) -> int | None:
        return None if self._child is None else self._child.pid

    async def carry_out(self, order: Order) -> Outcome:
        """Raises ImageUnreadable where the image ended the process, or took longer than it may; Unavailable
        where something else did, or none can be started."""
        return await run_sync(self._carry_out, order, limiter=self._line)

    def close(self) -> int:
        """What the process ended by: us, unless something else came first."""
        child, self._child, self._orders = self._child, None, 0
        if child is None:
            return 0
        with child:
            child.kill()
        return child.returncode

    def _carry_out(self, order: Order) -> Outcome:
        try:
            answer = _asked(self._running(), order)
        except (OSError, ValueError) as error:  # the latter where we are closed meanwhile
            self.close()
            raise unavailable() from error
        if not answer:
            _raise_for(self.close())
        self._orders += 1
        if self._orders >= MOST_ORDERS:
            self.close()
        return Outcome.read(answer)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._child = _started()
        return self._child


def _started() -> subprocess.Popen[bytes]:
    """It finds the code where we do, and none of our secrets; in a session of its own, no key that is pressed
    reaches it."""
    surroundings = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "adapters.pillow.child"],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=surroundings,
        start_new_session=True,
    )


def _asked(child: subprocess.Popen[bytes], order: Order) -> bytes:
    """Nothing, where it ended instead."""
    orders, outcomes = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    orders.write(order.written())
    return outcomes.readline()


def _raise_for(ended_by: int) -> NoReturn:
    logger.warning("the decoder of photos ended (%s)", ended_by)
    if ended_by in ENDED_BY_ITS_IMAGE:
        raise ImageUnreadable
    raise unavailable()


def unavailable() -> Unavailable:
    return Unavailable("No photo can be looked at right now.", retry_after_seconds=RETRY_AFTER_SECONDS)
