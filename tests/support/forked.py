"""Processes of the real program that begin in a fraction of the time: it is loaded once, and they are forked.

For tests that start it again and again. Nothing of the test's own process is in them."""

import gc
import math
import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.support.overhearing import LISTENER

CONTEXT = multiprocessing.get_context("forkserver")
RUNNER = ("entrypoints.cli.jobs", "entrypoints.jobs.loop")
SERVER = ("entrypoints.cli.serve", "entrypoints.http.app", "entrypoints.http.server", "uvicorn.lifespan.on")
BOTH = ("entrypoints.wiring", "entrypoints.logs", "uvloop", "anyio._backends._asyncio")
LOADED = ("__main__", "entrypoints.cli.main", *RUNNER, *SERVER, *BOTH)
LOOK_SECONDS = 0.01
ONE_BY_ONE = threading.Lock()
"""An exit status can be read once: of two threads that look at the same moment, the second would read 255."""


@dataclass(slots=True)
class Forked:
    """What is asked of a `subprocess.Popen`."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        with ONE_BY_ONE:
            return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(self.process.name, timeout or 0)
            time.sleep(LOOK_SECONDS)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()


def fork(arguments: Sequence[str], environment: Mapping[str, str], home: Path, log: Path) -> Forked:
    """`sweepline …` in that folder, its output in `log`."""
    CONTEXT.set_forkserver_preload(list(LOADED))  # heard of before the first one alone
    LISTENER.follow(log)
    process = CONTEXT.Process(target=_run, args=(list(arguments), dict(environment), home, log), daemon=True)
    with ONE_BY_ONE:
        process.start()  # which looks whether others have ended
    return Forked(process)


def _run(arguments: list[str], environment: dict[str, str], home: Path, log: Path) -> None:
    from entrypoints.cli.main import main

    gc.freeze()  # what was loaded is everyone's: to walk through it would copy it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(home)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    main(arguments)
