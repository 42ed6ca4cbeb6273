"""Processes of the real program that begin in a fraction of the time: it is loaded once, and they are forked.

For tests that start it again and again. Nothing of the test's own process is in them."""

import gc
import multiprocessing
import os
import subprocess
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


@dataclass(slots=True)
class Forked:
    """What is asked of a `subprocess.Popen`."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0)
        return self.process.exitcode

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
    process.start()
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
