"""What one runner process delivers out of a long backlog over HTTP, and what the backlog leaves behind.

`python -m tests.benchmarks.backlog [rows] [delivered]`: so many messages are due, and so many of them sent
(0: all). The receiver answers at once, in a process of its own on the same machine.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from urllib.request import urlopen

import uvloop

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate
from tests.benchmarks.due_rows import placed
from tests.support.database import TestDatabase
from tests.support.inbox import Inbox
from tests.support.live import free_port
from tests.support.runners import Works

ROWS, DELIVERED, REFILL = 1_000_000, 30_000, 0.1
BARE_CALLERS, BARE_SECONDS = 16, 3
WARM = 1_000
SIZES = """
    select pg_table_size('outbox_events') >> 20, sum(pg_relation_size(indexrelid))::bigint >> 20,
           pg_relation_size('outbox_events_due') >> 20, pg_total_relation_size('outbox_attempts') >> 20,
           (select n_dead_tup from pg_stat_user_tables where relname = 'outbox_events')
      from pg_index where indrelid = 'outbox_events'::regclass
"""
REQUEST = b"POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 160\r\n\r\n" + b"x" * 160


@dataclass(frozen=True, slots=True)
class NullReceiver:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def taken(self) -> int:
        with urlopen(self.url, timeout=5) as answer:  # noqa: S310  # the receiver of our own
            return int(answer.read())

    def wait_for(self, count: int, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while self.taken() < count:
            if time.monotonic() > until:
                raise SystemExit(f"Only {self.taken()} of {count} messages came.")
            time.sleep(0.1)


@contextmanager
def null_receiver() -> Iterator[NullReceiver]:
    receiver = NullReceiver(free_port())
    program = [sys.executable, "-m", "tests.benchmarks.null_receiver", str(receiver.port)]
    process = subprocess.Popen(program)
    try:
        _wait_until_up(receiver)
        yield receiver
    finally:
        process.terminate()
        process.wait()


def _wait_until_up(receiver: NullReceiver) -> None:
    for _ in range(100):
        try:
            receiver.taken()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The receiver did not start.")


@contextmanager
def a_works(url: str, **settings: str) -> Iterator[Works]:
    """A database at head on a server of its own, as `serve` would start it, with its runners."""
    home = Path(tempfile.mkdtemp(prefix="bench-backlog-"))
    server = EmbeddedPostgres(home)
    server.start()
    try:
        asyncio.run(migrate(server.owner_url))
        environment = {
            "DATABASE_URL": server.app_url,
            "APP_ENV": "dev",
            "LOG_LEVEL": "WARNING",
            "EXPORT_MODE": "webhook",
            "EXPORT_WEBHOOK_URL": url,
            "EXPORT_WEBHOOK_ALLOW_HTTP": "true",
            "EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS": "false",
            **settings,
        }
        made = Works(TestDatabase(server, "sweepline"), Inbox(), home, environment)
        yield made
        for runner in made.runners:
            runner.kill()
    finally:
        server.release()


def main(rows: int = ROWS, delivered: int = DELIVERED) -> None:
    with null_receiver() as receiver, a_works(receiver.url) as works:
        org = works.found_org()
        print(f"\noutbox, {rows} due messages of one company, one runner, a receiver that answers at once")
        sizes = {"empty": _sizes(works)}
        works.ask(placed(org, "export", rows))
        works.ask("vacuum analyze outbox_events")
        sizes["at the peak"] = _sizes(works)
        bare = uvloop.run(_bare_rate(receiver))
        before = receiver.taken()
        runner = works.start()
        receiver.wait_for(before + WARM)
        seconds = _rates(receiver, before + (delivered or rows))
        works.wait_until_settled(10 if not delivered else 0)
        status = runner.stop(60)
        third = max(1, len(seconds) // 3)
        parts = [seconds[:third], seconds[third : -third or None], seconds[-third:]]
        print("messages/s, beginning | middle | end: " + " | ".join(f"{_mean(part):.0f}" for part in parts))
        print(f"a bare loop beside it: {bare:.0f} POSTs/s; the runner ended with {status}")
        sizes[f"{receiver.taken() - before} sent"] = _sizes(works)
        works.ask("vacuum outbox_events")
        sizes["and swept"] = _sizes(works)
        works.ask(placed(org, "export", int(rows * REFILL), "again"))
        sizes[f"{REFILL:.0%} more due"] = _sizes(works)
    print("table MiB | its indexes MiB | due index MiB | attempts MiB | dead rows")
    for when, size in sizes.items():
        print(f"{when:>16}: {size}")


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else float("nan")


def _rates(receiver: NullReceiver, until: int) -> list[float]:
    """Messages in each second, until so many have come."""
    found, began, seen = [], time.perf_counter(), receiver.taken()
    while seen < until:
        time.sleep(1)
        now, taken = time.perf_counter(), receiver.taken()
        found.append((taken - seen) / (now - began))
        began, seen = now, taken
        if not found[-1] and found[-10:] == [0.0] * 10:
            raise SystemExit("Nothing came for ten seconds.")
    return found


async def _bare_rate(receiver: NullReceiver) -> float:
    """POSTs a second of a loop that does nothing else, on as many connections."""
    before, began = receiver.taken(), time.perf_counter()
    async with asyncio.timeout(BARE_SECONDS + 30), asyncio.TaskGroup() as tasks:
        for _ in range(BARE_CALLERS):
            tasks.create_task(_post_on(receiver.port, began + BARE_SECONDS))
    return (receiver.taken() - before) / (time.perf_counter() - began)


async def _post_on(port: int, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
    writer.close()


def _sizes(works: Works) -> str:
    return " | ".join(works.ask(SIZES)[0].split("|"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
