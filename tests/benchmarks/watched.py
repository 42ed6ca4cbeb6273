"""`sweepline` with a watch on its event loop: SIGUSR1 begins a measurement, the next writes down its result.

Without a measurement nothing runs beside the server.
"""

import asyncio
import json
import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from entrypoints.cli.main import main
from entrypoints.http.server import Server

RESULT_VARIABLE = "LOOP_WATCH"
TICK_SECONDS = 0.001


@dataclass
class LoopWatch:
    """Of two turns of the loop: how long they were apart, and how much of that the loop itself worked.

    The rest is what other threads and processes had of the machine's cores meanwhile."""

    result: Path
    running: asyncio.Task[None] | None = None
    apart_ms: float = 0
    held_ms: float = 0

    def toggle(self) -> None:
        if self.running is None:
            self.apart_ms = self.held_ms = 0
            self.running = asyncio.get_running_loop().create_task(self._watch())
            return
        self.running.cancel()
        self.running = None
        self.result.write_text(json.dumps({"apart_ms": self.apart_ms, "held_ms": self.held_ms}))

    async def _watch(self) -> None:
        while True:
            began, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK_SECONDS)
            apart = time.perf_counter() - began - TICK_SECONDS
            self.apart_ms = max(self.apart_ms, 1000 * apart)
            self.held_ms = max(self.held_ms, 1000 * (time.thread_time() - worked))


class WatchedServer(Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        watch = LoopWatch(Path(os.environ[RESULT_VARIABLE]))
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, watch.toggle)


if __name__ == "__main__":
    import entrypoints.http.server as place

    place.Server = WatchedServer  # type: ignore[misc]  # serve looks it up here
    main()
