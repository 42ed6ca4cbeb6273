"""One data directory and the server on it: made once, started, recovered, stopped."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.embedded.account import Account

SUPERUSER = "sweepline_bootstrap"
START_DEADLINE_SECONDS = 60
CRASH_PATIENCE_SECONDS = 20
BUILTIN_LOCALES_SINCE = 17
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement or a key that failed may hold personal data: only the error's own line is logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "fsync": "off",  # survives kill -9 of every process, not a power cut; production has its own server
}


class EmbeddedFailed(RuntimeError):
    """The embedded server cannot be made or started; the message says why and where its log is."""


@dataclass(frozen=True, slots=True)
class Cluster:
    binaries: Path
    account: Account
    root: Path  # data/ and server.log inside; the account's own
    sockets: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    def make(self) -> None:
        """initdb, unless it was done. A cluster cut short in the making is wiped and made again."""
        unfinished = self.root / "unfinished"
        self.account.own(self.root)
        if unfinished.exists():
            shutil.rmtree(self.data, ignore_errors=True)
        if (self.data / "PG_VERSION").exists():
            self._must_match()
            return
        unfinished.touch()
        made = self.account.run(
            self.binaries / "initdb",
            "--no-sync",
            "--auth=trust",  # the socket's directory lets nobody else in
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            *self._locale(),
            f"--pgdata={self.data}",
        )
        if made.returncode:
            raise EmbeddedFailed(f"initdb failed: {made.stderr.strip()}")
        unfinished.unlink()

    def start(self, settings: Mapping[str, str]) -> None:
        """Start it and wait until it is ready, crash recovery included."""
        self.account.own(self.sockets)
        chosen = {**SETTINGS, "unix_socket_directories": str(self.sockets), **settings}
        options = " ".join(f"-c {name}={value or "''"}" for name, value in chosen.items())
        # pg_ctl waits for this very process to write "ready" into postmaster.pid. Shortly after a kill -9
        # the backends of the dead server may still be leaving: then the first tries fail.
        crashed = (self.data / "postmaster.pid").exists()
        deadline = time.monotonic() + (CRASH_PATIENCE_SECONDS if crashed else 0)
        while True:
            tried = self._control(
                "start", "-w", "-t", str(START_DEADLINE_SECONDS), "-l", self.log, "-o", options
            )
            if tried.returncode == 0 and self.listening():
                return
            if time.monotonic() > deadline:
                raise EmbeddedFailed(f"PostgreSQL did not start: {tried.stderr.strip()} See {self.log}.")
            time.sleep(0.1)

    def stop(self) -> None:
        """Roll back what is open, flush and wait until it is gone."""
        stopped = self._control("stop", "-m", "fast", "-w", "-t", "30")
        if stopped.returncode and self.listening():
            raise EmbeddedFailed(f"PostgreSQL did not stop: {stopped.stderr.strip()}")

    def listening(self) -> bool:
        """A server answers on the socket. The files alone prove nothing: a crash leaves them behind."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.sockets / ".s.PGSQL.5432"))
            except OSError:
                return False
            return True

    def answers(self) -> bool:
        """As listening, and it is not just dying: a killed server's socket accepts for a moment longer."""
        try:
            return self.listening() and self.execute("select 1") == "1"
        except EmbeddedFailed:
            return False

    def execute(self, sql: str, *, database: str = "postgres") -> str:
        """Run statements as the superuser; what they answer, unaligned."""
        command = ("--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-AtqX", "-d", database, "-c", sql)
        done = self.account.run(self.binaries / "psql", "-h", self.sockets, "-U", SUPERUSER, *command)
        if done.returncode:
            raise EmbeddedFailed(done.stderr.strip())
        return done.stdout.strip()

    def version(self) -> int:
        told = self.account.run(self.binaries / "postgres", "--version")
        found = re.search(r"(\d+)", told.stdout)
        if found is None:  # a library of the system that it needs may be missing
            raise EmbeddedFailed(f"PostgreSQL in {self.binaries} does not run here: {told.stderr.strip()}")
        return int(found[1])

    def _locale(self) -> tuple[str, ...]:
        if self.version() >= BUILTIN_LOCALES_SINCE:
            return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        return ("--locale=C.UTF-8",)

    def _control(self, action: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.account.run(self.binaries / "pg_ctl", action, "-D", self.data, *arguments)

    def _must_match(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != self.version():
            raise EmbeddedFailed(
                f"{self.data} was made by PostgreSQL {made_by}, not {self.version()}: "
                "move it away, or dump it with the older version and load it here."
            )
