"""A newcomer to this machine: their account, home, tools and package cache."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER_NAME = "sweepline-newcomer"
PATIENCE_SECONDS = 240
UNINTERESTING = shutil.ignore_patterns("test", "tests", "idlelib", "__pycache__", "*.a")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """`account` is None for whoever runs this script. Everything of theirs lies under `place`."""

    account: pwd.struct_passwd | None
    place: Path

    @property
    def name(self) -> str:
        return self.account.pw_name if self.account else pwd.getpwuid(os.getuid()).pw_name

    def environment(self) -> dict[str, str]:
        """What a login shell would have, plus a package cache that outlives the home."""
        python = self.place / "python"
        prefix = python if python.exists() else Path(sys.base_prefix)
        return {
            "HOME": str(self.place / "home"),
            "LANG": "C.UTF-8",
            "LD_LIBRARY_PATH": str(prefix / "lib"),
            "PATH": f"{prefix / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "PIP_CACHE_DIR": str(self.place / "pip-cache"),
            "PIP_ROOT_USER_ACTION": "ignore",
            "UV_CACHE_DIR": str(self.place / "uv-cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            **{
                name: value
                for name, value in os.environ.items()
                if name.startswith(("PIP_", "UV_INDEX", "SSL_"))
            },
        }

    def start(self, command: str, checkout: Path) -> subprocess.Popen[str]:
        """In a process group of its own, as this person."""
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=checkout,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=(checkout.parent / "output.txt").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
            extra_groups=() if self.account else None,
        )

    def own(self, path: Path) -> None:
        if self.account:
            subprocess.run(["chown", "--recursive", f"{self.name}:", str(path)], check=True)


def clone(source: Path, newcomer: Newcomer, number: int) -> Path:
    """A fresh clone of what is committed, beside an empty home."""
    home = newcomer.place / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    checkout = newcomer.place / f"clone-{number}" / "sweepline"
    checkout.parent.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(source), str(checkout)], check=True)
    newcomer.own(checkout.parent)
    newcomer.own(home)
    return checkout


def seconds_until_ready(newcomer: Newcomer, command: str, checkout: Path, url: str) -> float:
    """From the command's start to the first 200 of `url`. The server is stopped again."""
    began = time.monotonic()
    server = newcomer.start(command, checkout)
    try:
        while not _answers(url):
            if server.poll() is not None or time.monotonic() - began > PATIENCE_SECONDS:
                raise SystemExit(f"Not ready:\n{(checkout.parent / 'output.txt').read_text()}")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def ordinary_user() -> Iterator[pwd.struct_passwd]:
    """An account without any right, removed afterwards."""
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/bash", USER_NAME], check=True)
    try:
        yield pwd.getpwnam(USER_NAME)
    finally:
        subprocess.run(["userdel", USER_NAME], check=True)


def lend_interpreter(newcomer: Newcomer) -> None:
    """Copies this interpreter to where the newcomer may read it: ours may be under a private home."""
    shutil.copytree(sys.base_prefix, newcomer.place / "python", symlinks=True, ignore=UNINTERESTING)
    for script in (newcomer.place / "python" / "bin").glob("pip*"):
        script.write_text(script.read_text().replace(sys.base_prefix, str(newcomer.place / "python")))
    newcomer.own(newcomer.place / "python")
