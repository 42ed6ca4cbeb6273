"""Who is dead, by /proc: real processes, alive and not."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.system.runner_lives import ProcRunnerLives, runner_lives
from domain.delivery.runner import full_name, proof_of, short_name


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def name_of(lives: ProcRunnerLives, pid: int) -> str:
    """As the process itself would say it."""
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return full_name(f"host:{pid}", f"{lives.place}.{pid}.{started}")


def wait_for_state(pid: int, state: str) -> None:
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != state:
        os.sched_yield()


def test_who_lives_or_sleeps_is_alive(child: subprocess.Popen[bytes]) -> None:
    lives = runner_lives()
    assert not lives.is_dead(lives.own)
    name = name_of(lives, child.pid)
    assert not lives.is_dead(name)
    os.kill(child.pid, signal.SIGSTOP)
    wait_for_state(child.pid, "T")
    assert not lives.is_dead(name)


def test_who_was_killed_is_dead_buried_or_not(child: subprocess.Popen[bytes]) -> None:
    lives = runner_lives()
    name = name_of(lives, child.pid)
    child.kill()
    wait_for_state(child.pid, "Z")
    assert lives.is_dead(name)
    child.wait()
    assert lives.is_dead(name)


def test_who_has_a_dead_one_s_number_is_somebody_else(child: subprocess.Popen[bytes]) -> None:
    lives = runner_lives()
    name = name_of(lives, child.pid)
    assert lives.is_dead(name + "0")


def test_who_lives_elsewhere_or_says_nothing_of_itself_is_not_judged(child: subprocess.Popen[bytes]) -> None:
    here = runner_lives()
    name = name_of(here, child.pid)
    child.kill()
    child.wait()
    elsewhere = replace(here, place="0" * 16)
    assert not elsewhere.is_dead(name)
    assert not replace(here, place="").is_dead(full_name("host:1", ".1.1"))
    for unknown in ("", "host:1", "host:1#", "host#1:1", "host:1#no proof", f"host:1#{here.place}.x.1"):
        assert not here.is_dead(unknown)


def test_a_process_of_another_user_is_alive() -> None:
    lives = runner_lives()
    assert not lives.is_dead(name_of(lives, os.getppid()))
    assert not lives.is_dead(name_of(lives, 1))


def test_people_see_host_and_number_alone() -> None:
    own = runner_lives().own
    assert short_name(own).endswith(f":{os.getpid()}")
    assert proof_of(own) not in short_name(own)
    assert len(own) <= 255
    assert short_name("host:1") == "host:1"
