"""The lives of processes, as Linux tells them: by number and start, on this machine alone."""

import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from domain.delivery.runner import full_name, proof_of

_MOST_HOST = 200
_PLACE_LENGTH = 16
_STATE, _STARTED = 0, 19
"""Behind the name in brackets, which may hold anything: fields 3 and 22 of `/proc/<pid>/stat`."""
_OVER = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class ProcRunnerLives:
    """`place` is a digest of the machine's present boot and of the namespaces that numbers and times of its
    processes are counted in; empty where nothing can be known. Runners of other places are never judged."""

    own: str
    place: str

    def is_dead(self, runner: str) -> bool:
        place, pid, started = _parts(proof_of(runner))
        if not self.place or place != self.place:
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # somebody else's, which /proc may hide from us
            pass
        try:
            state, began = _look_at(str(pid))
        except (OSError, ValueError):
            return False
        return state in _OVER or began != started


def runner_lives() -> ProcRunnerLives:
    """Of this process, as it is now: not for a process that forks afterwards."""
    host, pid = socket.gethostname()[:_MOST_HOST], os.getpid()
    place, started = _here(host, pid)
    proof = f"{place}.{pid}.{started}" if place else ""
    return ProcRunnerLives(full_name(f"{host}:{pid}", proof), place)


def _here(host: str, pid: int) -> tuple[str, int]:
    """The place, and when this process started. The host's name tells copies of a running machine apart."""
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text()
        numbers, times = (Path(f"/proc/self/ns/{space}").readlink() for space in ("pid", "time"))
        if Path("/proc/self").readlink() != Path(str(pid)):  # of another namespace than ours
            return "", 0
        _state, started = _look_at("self")
    except (OSError, ValueError):
        return "", 0
    facts = "\n".join((boot_id.strip(), str(numbers), str(times), host))
    return hashlib.sha256(facts.encode()).hexdigest()[:_PLACE_LENGTH], started


def _look_at(process: str) -> tuple[str, int]:
    """Its state, and when it started, in ticks since the boot. Raises OSError, ValueError."""
    _number, bracket, rest = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")
    fields = rest.split()
    if not bracket or len(fields) <= _STARTED:
        raise ValueError("not what a kernel says of a process")
    return fields[_STATE], int(fields[_STARTED])


def _parts(proof: str) -> tuple[str, int, int]:
    """Of what is no proof: no place."""
    try:
        place, pid, started = proof.split(".")
        return place, int(pid), int(started)
    except ValueError:
        return "", 0, 0
