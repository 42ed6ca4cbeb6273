"""The embedded server: shared, recovered, stopped by the last one out."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.postgres.embedded import EmbeddedFailed, EmbeddedPostgres, ServerOptions, binaries
from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import unpacked
from tests.support.database import test_options as options_for_tests

GUEST = """
import sys
from pathlib import Path
from adapters.postgres.embedded import EmbeddedPostgres, ServerOptions
binaries = Path(sys.argv[2]) if sys.argv[2] else None
server = EmbeddedPostgres(Path(sys.argv[1]), ServerOptions(binaries))
print("started" if server.start() else "joined", server.execute("select 1"), flush=True)
sys.stdin.readline()
print("stopped" if server.release() else "left", flush=True)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the server's account can reach; pytest's own are private."""
    made = Path(tempfile.mkdtemp(prefix="sweepline-home-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(home, options_for_tests())
    yield made
    made.release()


def replace_settings(settings: dict[str, str]) -> ServerOptions:
    options = options_for_tests()
    return replace(options, settings=options.settings | settings)


def guest(home: Path) -> "subprocess.Popen[str]":
    """Another process that uses the same home until a line is written to it."""
    command = [sys.executable, "-c", GUEST, str(home), str(options_for_tests().binaries or "")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate("\n", timeout=60)
    return said.strip()


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_processes_share_a_server_and_the_last_one_out_stops_it(server: EmbeddedPostgres, home: Path) -> None:
    assert not server.attach()
    assert server.start()
    other = guest(home)
    assert heard(other) == "joined 1"
    assert not server.release()
    assert leave(other) == "stopped"
    assert not server.attach()
    assert not server.release()


def test_of_many_who_come_at_once_one_starts_it(home: Path) -> None:
    guests = [guest(home) for _ in range(4)]
    assert sorted(heard(each) for each in guests) == ["joined 1", "joined 1", "joined 1", "started 1"]
    assert [leave(each) for each in guests] == ["left", "left", "left", "stopped"]


def test_a_server_outlives_a_killed_user_and_the_next_one_joins(server: EmbeddedPostgres, home: Path) -> None:
    first = guest(home)
    assert heard(first) == "started 1"
    first.kill()
    first.communicate()
    assert server.attach()
    assert server.execute("select 1") == "1"
    assert server.release()


def test_what_was_committed_survives_kill_9(home: Path) -> None:
    server = EmbeddedPostgres(home, ServerOptions(options_for_tests().binaries))
    server.start()
    server.execute("create table kept as select generate_series(1, 5000) as number")
    os.kill(postmaster(server), signal.SIGKILL)
    assert server.start()
    assert server.execute("select count(*) from kept") == "5000"
    assert server.release()


@pytest.fixture
def sleeper(server: EmbeddedPostgres) -> Iterator[None]:
    """A client in the middle of a long query."""
    server.start()
    url = server.superuser_url().replace("+asyncpg", "")
    query = [str(server.binaries / "psql"), url, "-c", "select pg_sleep(60)"]
    with subprocess.Popen(query, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as busy:
        while server.execute("select count(*) from pg_stat_activity where query like '%sleep(60)'") != "1":
            time.sleep(0.02)
        yield
        busy.kill()


@pytest.mark.usefixtures("sleeper")
def test_it_starts_again_while_the_dead_one_s_backends_are_leaving(server: EmbeddedPostgres) -> None:
    os.kill(postmaster(server), signal.SIGKILL)
    assert server.start()
    assert server.execute("select 1") == "1"


def test_a_cluster_cut_short_in_the_making_is_made_again(server: EmbeddedPostgres, home: Path) -> None:
    server.start()
    data = server.data
    server.release()
    (data.parent / "unfinished").touch()
    (data / "PG_VERSION").unlink()
    assert server.start()
    assert server.execute("select 1") == "1"
    assert not (data.parent / "unfinished").exists()


def test_a_cluster_of_another_version_is_left_alone(server: EmbeddedPostgres) -> None:
    server.start()
    version = server.data / "PG_VERSION"
    server.release()
    version.write_text("11\n")
    with pytest.raises(EmbeddedFailed, match="made by PostgreSQL 11"):
        server.start()


def test_a_server_that_cannot_start_says_where_its_log_is(home: Path) -> None:
    broken = EmbeddedPostgres(home, replace_settings({"shared_buffers": "nonsense"}))
    with pytest.raises(EmbeddedFailed, match=r"server\.log"):
        broken.start()


def test_a_home_that_the_server_s_account_cannot_reach_works_too(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "private", options_for_tests())
    server.start()
    root = server.data.parent
    try:
        assert server.execute("select 1") == "1"
    finally:
        server.release()
        shutil.rmtree(root)


def test_a_strict_umask_locks_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.for_server()
    monkeypatch.setattr(binaries, "default_cache", lambda _: tmp_path / "cache")
    before = os.umask(0o077)
    try:
        programs = unpacked(account)
    finally:
        os.umask(before)
    directories = (programs, *programs.parent.rglob("*/"))
    assert {directory.stat().st_mode & 0o777 for directory in directories} == {0o755}


def test_an_account_reaches_what_every_directory_on_the_way_lets_it(home: Path) -> None:
    stranger = Account(uid=65_533, gid=65_533, borrowed=True)
    private = home / "private"
    private.mkdir(mode=0o700)
    (private / "inside").mkdir(mode=0o755)
    assert stranger.reaches(home)
    assert not stranger.reaches(private / "inside")


def test_sockets_are_not_put_where_somebody_else_prepared_a_place(
    server: EmbeddedPostgres, home: Path
) -> None:
    server.start()
    sockets = Path(server.app_url.partition("host=")[2])
    server.release()
    shutil.rmtree(sockets)
    sockets.symlink_to(home)
    try:
        with pytest.raises(PermissionError, match="is a link"):
            server.start()
    finally:
        sockets.unlink()
