"""uvicorn as this house runs it: one loop, our log lines, and an end that finishes what was begun."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

import uvicorn
from litestar import Litestar

from entrypoints.draining import TWICE_SECONDS, Draining, stop_signals
from entrypoints.http.wire import ProductionProtocol, Protocol
from entrypoints.settings.groups import GeneralSettings

logger = logging.getLogger("sweepline.serve")


class Server(uvicorn.Server):
    """The first signal drains: nothing new after the delay, what runs finishes. A second ends at once."""

    def __init__(
        self,
        config: uvicorn.Config,
        draining: Draining,
        delay_seconds: float,
        ends_early: Callable[[], bool] = lambda: False,
    ) -> None:
        """`ends_early`: whether a signal came before there was a server to answer it."""
        super().__init__(config)
        self.ends_early = ends_early
        self.draining = draining
        self.delay_seconds = delay_seconds
        self._signalled_at: float | None = None
        self._over = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's own, does not raise the signal again afterwards: a drained server exits with 0.

        After a drain the handlers stay: a twin of the signal may come while the process tidies up."""
        self._loop = asyncio.get_running_loop()
        before = {number: signal.signal(number, self.handle_exit) for number in stop_signals()}
        if self.ends_early():
            self.handle_exit(signal.SIGTERM, None)
        try:
            yield
        finally:
            self._over = True
            for number, handler in before.items() if self._signalled_at is None else ():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's signature
        now = monotonic()
        if self._signalled_at is None and self._loop is not None:
            self._signalled_at = now
            self._loop.call_soon_threadsafe(self._drain)
        elif self._signalled_at is None or now - self._signalled_at > TWICE_SECONDS:
            if self._over:
                raise KeyboardInterrupt
            self.should_exit = self.force_exit = True

    def _drain(self) -> None:
        logger.info("draining")
        self.draining.begun = True
        if self._loop is not None:
            self._loop.call_later(self.delay_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True
        self.draining.stop.set()


def server_config(app: Litestar | str, settings: GeneralSettings, *, factory: bool = False) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=factory,
        loop="uvloop" if os.name == "posix" else "asyncio",
        http=Protocol if settings.app_env == "dev" else ProductionProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )
