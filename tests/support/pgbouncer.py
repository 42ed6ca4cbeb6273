"""A PgBouncer before the test server, in transaction mode and with fewer connections than its callers."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.server import APP
from tests.support.database import TestDatabase
from tests.support.live import free_port

PROGRAM = "/usr/sbin/pgbouncer"
SERVER_CONNECTIONS = 3
CONFIGURATION = """
[databases]
* = host={sockets}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {place}/users
logfile = {place}/log
pool_mode = transaction
default_pool_size = {connections}
server_round_robin = 1
max_client_conn = 200
"""


@contextmanager
def pooling(database: TestDatabase) -> Iterator[str]:
    """Its URL for the application's role."""
    account, port = Account.for_server(), free_port()
    place = Path("/tmp") / f"sweepline-pooler-{os.getpid()}"  # noqa: S108  # the server's account must reach it
    place.mkdir(mode=0o700)
    sockets = database.app_url.partition("?host=")[2]
    (place / "users").write_text(f'"{APP}" ""\n', encoding="utf-8")
    settings = CONFIGURATION.format(sockets=sockets, port=port, place=place, connections=SERVER_CONNECTIONS)
    (place / "ini").write_text(settings, encoding="utf-8")
    account.own(place)
    process = subprocess.Popen(
        [PROGRAM, "-q", place / "ini"],
        user=account.uid if account.borrowed else None,
        group=account.gid if account.borrowed else None,
        extra_groups=[] if account.borrowed else None,
        cwd="/",
    )
    try:
        _wait_for(place / "log", process)
        # Without TLS: a request that is cut off while it asks for it leaves an error that nobody awaits.
        yield f"postgresql+asyncpg://{APP}@127.0.0.1:{port}/{database.name}?ssl=disable"
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(place)


def _wait_for(log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while not (log.exists() and "process up" in log.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"PgBouncer did not start: {log.read_text() if log.exists() else ''}")
        time.sleep(0.05)
