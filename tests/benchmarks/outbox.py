"""What one runner delivers out of a long backlog: rate, claims, other companies meanwhile, and what is left.

`python -m tests.benchmarks.outbox [rows]`: the channel is null, in this process.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.connection import JOB
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.migrate import migrate
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.claims import Claimed, Claims, Wish
from application.delivery.deliver_due import DeliverDue
from domain.shared.ids import OrgId
from tests.benchmarks.due_rows import placed
from tests.support.delivery import World, a_runner, enqueue
from tests.support.orgs import found_org

ROWS, WARM_UP_SECONDS, SECONDS = 1_000_000, 3, 15
GUESTS, GUEST_ROUNDS = 10, 5
SIZES = """
    select pg_table_size('outbox_events') >> 20, pg_relation_size('outbox_events_due') >> 10
"""


@dataclass(slots=True)
class Timed:
    """The claims of the process, each with how long its transaction took."""

    took_ms: list[float] = field(default_factory=list)

    def install(self) -> None:
        claim, took = Claims.claim, self.took_ms

        async def timed(claims: Claims, wish: Wish) -> Claimed:
            began = time.perf_counter()
            claimed = await claim(claims, wish)
            took.append(1000 * (time.perf_counter() - began))
            return claimed

        Claims.claim = timed  # type: ignore[method-assign,assignment]  # for this process alone


def main(rows: int = ROWS) -> None:
    home = Path(tempfile.mkdtemp(prefix="bench-outbox-"))
    server = EmbeddedPostgres(home)
    server.start()
    try:
        asyncio.run(migrate(server.owner_url))
        uvloop.run(_in_this_process(server, rows))
    finally:
        server.release()


async def _in_this_process(server: EmbeddedPostgres, rows: int) -> None:
    engine = make_engine(DatabaseOptions(server.app_url))
    clock, ids = SystemClock(), SystemIdentifiers()
    uow = PostgresUnitOfWork(engine, clock, ids, AesGcmFieldCipher([b"f" * 32])).within(JOB)
    host, guest = await found_org(uow, clock.now()), await found_org(uow, clock.now())
    server.execute(placed(host, "webhook", rows), database="sweepline")
    print(f"\noutbox, {rows} due messages of one company, 16 places, null channel in this process")
    print(f"table MiB | due index KiB before: {_sizes(server)}")
    world, timed = World(), Timed()
    runner = a_runner(uow, clock, world)
    await runner.handle(DeliverDue(taking_seconds=WARM_UP_SECONDS, total_seconds=30))
    timed.install()
    alone = await _rate(world, runner.handle(DeliverDue(taking_seconds=SECONDS, total_seconds=60)))
    claims = sorted(timed.took_ms)
    print(f"{alone:.0f} messages/s; claim p50 {claims[len(claims) // 2]:.1f} ms, p99 {_p99(claims):.1f} ms")
    waits: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_visit(uow, guest, world, waits))
        beside = await _rate(world, runner.handle(DeliverDue(taking_seconds=SECONDS, total_seconds=60)))
    kept = beside / alone
    print(
        f"{GUESTS} of another company, {GUEST_ROUNDS} times: p99 {_p99(sorted(waits)):.2f} s; kept {kept:.0%}"
    )
    print(f"table MiB | due index KiB after {len(world.arrived)} were sent: {_sizes(server)}")
    await engine.dispose()


async def _rate(world: World, work: object) -> float:
    before, began = len(world.arrived), time.perf_counter()
    await work  # type: ignore[misc]  # a coroutine
    return (len(world.arrived) - before) / (time.perf_counter() - began)


async def _visit(uow: PostgresUnitOfWork, guest: OrgId, world: World, waits: list[float]) -> None:
    for round_ in range(GUEST_ROUNDS):
        await asyncio.sleep(SECONDS / (GUEST_ROUNDS + 1))
        began = time.perf_counter()
        missing = set(await enqueue(uow, guest, *(f"guest-{round_}-{n}" for n in range(GUESTS))))
        seen = len(world.arrived)
        while missing:
            await asyncio.sleep(0.005)
            arrived = missing & set(world.arrived[max(0, seen - 100) :])
            waits += [time.perf_counter() - began] * len(arrived)
            missing -= arrived


def _sizes(server: EmbeddedPostgres) -> str:
    server.execute("vacuum outbox_events", database="sweepline")
    return server.execute(SIZES, database="sweepline").strip()


def _p99(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] if ordered else float("nan")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
