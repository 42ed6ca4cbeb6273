"""Several serving processes behind one socket, and one for the jobs; whoever dies is started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click
from prometheus_client.multiprocess import mark_process_dead

from entrypoints.cli.announcing import announce
from entrypoints.cli.environment import environment_of
from entrypoints.cli.lifeline import LIFELINE
from entrypoints.cli.output import Failed
from entrypoints.draining import stop_signals
from entrypoints.http.measuring import SHARED_DIRECTORY
from entrypoints.settings import Settings

CALM_SECONDS = 5.0
MOST_EARLY_DEATHS = 5
PROGRAM = (sys.executable, "-P", "-m", "entrypoints.cli.main")


@dataclass(slots=True)
class Child:
    arguments: tuple[str, ...]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    early_deaths: int = 0
    is_told: bool = False  # of the end: told twice it would not finish what it began


@dataclass(slots=True)
class Supervisor:
    settings: Settings
    listener: socket.socket
    workers: int
    jobs: bool
    children: list[Child] = field(default_factory=list)
    signals: int = 0
    figures: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="sweepline-figures-")))
    """Where the processes share what they count, so that each can answer for all."""
    lifeline: tuple[int, int] = field(default_factory=os.pipe)
    """The end that the children read, and ours, which nobody inherits: it is cut however we end."""

    def run(self) -> int:
        """Until a signal: then all drain, and a second signal ends them. The exit status."""
        number = self.listener.fileno()
        self.children = [Child(("serve-worker", "--fd", str(number))) for _ in range(self.workers)]
        if self.jobs:
            self.children.append(Child(("jobs", "run")))
        for each in stop_signals():
            signal.signal(each, self._on_signal)
        while not self.signals:
            self._tend()
            time.sleep(0.2)
        return self._end()

    def _tend(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                continue
            if child.process is not None:
                self._mourn(child)
            child.is_told = False
            child.process = self._start(child)
            child.started_at = time.monotonic()

    def _mourn(self, child: Child) -> None:
        if child.process is not None:
            mark_process_dead(child.process.pid, str(self.figures))  # type: ignore[no-untyped-call]  # so it is
        early = time.monotonic() - child.started_at < CALM_SECONDS
        child.early_deaths = child.early_deaths + 1 if early else 0
        if child.early_deaths >= MOST_EARLY_DEATHS:
            self._end()
            raise Failed(f"`sweepline {' '.join(child.arguments)}` keeps dying at its start.")
        ended = f"A process ended ({' '.join(child.arguments)}); it is started again."
        announce(self.settings, ended, warning=True)

    def _start(self, child: Child) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603  # our own program
            [*PROGRAM, *child.arguments],
            env={
                **environment_of(self.settings),
                SHARED_DIRECTORY: str(self.figures),
                LIFELINE: str(self.lifeline[0]),
            },
            pass_fds=(self.listener.fileno(), self.lifeline[0]),
            start_new_session=True,  # Ctrl-C reaches us alone; we pass it on once
        )

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals == 1:
            self._tell_all()
            return
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.kill()

    def _tell_all(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is None and not child.is_told:
                child.is_told = True
                child.process.terminate()

    def _end(self) -> int:
        self.listener.close()
        self._tell_all()  # also whoever was being started when the signal came
        general = self.settings.general
        deadline = time.monotonic() + general.shutdown_delay_seconds + general.shutdown_timeout_seconds + 5
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
        shutil.rmtree(self.figures, ignore_errors=True)
        for end in self.lifeline:
            os.close(end)
        return 0


@click.command(hidden=True)
@click.option("--fd", required=True, type=int)
def serve_worker(*, fd: int) -> None:
    """Serve on a socket that the supervisor holds."""
    from entrypoints.cli.runtime import settings_here
    from entrypoints.cli.serve import serve_here

    listener = socket.socket(fileno=fd)
    settings = settings_here(bind=str(listener.getsockname()[0]))
    sys.exit(serve_here(settings, listener, jobs=False))
