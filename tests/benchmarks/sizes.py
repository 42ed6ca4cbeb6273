"""What tables and indexes take before, during and after a backlog, and after `sweepline reindex`.

`python -m tests.benchmarks.sizes [rows] [runner]`: the backlog is worked off by the runners' statements in
batches, with nothing between them; with `runner` by a real one over HTTP, which takes as long as it takes.
PostgreSQL sweeps by itself meanwhile, as it is set up.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from adapters.postgres.index_room import Worth
from adapters.postgres.reindex import Rebuild, reindex
from tests.benchmarks.backlog import a_works, null_receiver
from tests.benchmarks.due_rows import placed
from tests.support.runners import Works

ROWS, STEPS, REFILL = 1_000_000, 20, 0.1
MIB = 1 << 20
SIZES = """
    select pg_table_size('outbox_events'), pg_table_size('outbox_attempts'),
           sum(bytes) filter (where of_events and of_what_is_due),
           sum(bytes) filter (where of_events and not of_what_is_due),
           sum(bytes) filter (where not of_events)
      from (select pg_relation_size(indexrelid) as bytes, indrelid = 'outbox_events'::regclass as of_events,
                   indexrelid in ('outbox_events_due'::regclass, 'outbox_events_due_of_kind'::regclass,
                                  'outbox_events_dedupe_prefix'::regclass) as of_what_is_due
              from pg_index
             where indrelid in ('outbox_events'::regclass, 'outbox_attempts'::regclass)) i
"""
LINES = (
    "outbox_events",
    "outbox_attempts",
    "indexes of what is due",
    "its other indexes",
    "of the attempts",
)
WORKED_OFF = """
    do $$ declare ids uuid[]; left_to_do int := {rows}; begin
      while left_to_do > 0 loop
        select array_agg(event_id), left_to_do - count(*) into ids, left_to_do
          from (select event_id from outbox_events
                 where org_id = '{org}' and next_attempt_at <= now()
                   and (kind, next_attempt_at) >= ('export', '-infinity')
                   and (kind, next_attempt_at) <= ('export', now())
                 order by kind, next_attempt_at, event_id limit 100
                   for no key update skip locked) due;
        exit when ids is null;
        update outbox_events
           set attempts = attempts + 1, total_attempts = total_attempts + 1, lease_token = gen_random_uuid(),
               lease_runner = 'host:1#0123456789abcdef', lease_started_at = now(),
               lease_expires_at = now() + interval '60 seconds'
         where org_id = '{org}' and event_id = any (ids);
        commit;
        update outbox_events
           set status = 'sent', outcome = 'delivered', sent_at = now(), next_attempt_at = null,
               lease_token = null, lease_runner = null, lease_started_at = null, lease_expires_at = null
         where org_id = '{org}' and event_id = any (ids);
        insert into outbox_attempts (org_id, event_id, attempt, started_at, finished_at, duration_ms, outcome,
                                     runner)
        select '{org}', unnest(ids), 1, now(), now(), 1, 'delivered', 'host:1#0123456789abcdef';
        commit;
      end loop;
    end $$
"""


@dataclass(slots=True)
class Sizes:
    """Of each moment, MiB by line."""

    works: Works
    moments: dict[str, list[float]] = field(default_factory=dict)

    def note(self, moment: str) -> None:
        (row,) = self.works.ask(SIZES)
        self.moments[moment] = [int(size) / MIB for size in row.split("|")]

    def lines(self) -> Iterator[str]:
        yield f"{'MiB':<24}" + "".join(f"{moment:>15}" for moment in self.moments)
        for line, values in zip(LINES, zip(*self.moments.values(), strict=True), strict=True):
            yield f"{line:<24}" + "".join(f"{value:>15.1f}" for value in values)
        sums = [sum(values) for values in self.moments.values()]
        yield f"{'together':<24}" + "".join(f"{value:>15.1f}" for value in sums)


def main(rows: int = ROWS, by: str = "statements") -> None:
    with null_receiver() as receiver, a_works(receiver.url) as works:
        org, sizes = works.found_org(), Sizes(works)
        print(f"\nsizes: {rows} due messages of one company, worked off by {by}")
        sizes.note("before")
        works.ask(placed(org, "export", rows))
        works.ask("vacuum analyze outbox_events")
        sizes.note("all due")
        began = time.perf_counter()
        _work_off(works, org, rows, by, sizes)
        print(f"{rows / (time.perf_counter() - began):.0f} messages/s")
        works.ask("vacuum outbox_events")
        sizes.note("swept")
        work, slowest = asyncio.run(_rebuilt_beside_a_writer(works, org))
        sizes.note("rebuilt")
        works.ask(placed(org, "export", int(rows * REFILL), "again"))
        sizes.note(f"{REFILL:.0%} more due")
        print("\n".join(sizes.lines()))
        took = sum(each.seconds for each in work.rebuilt)
        print(f"`sweepline reindex`: {len(work.rebuilt)} indexes in {took:.1f} s")
        print(f"the slowest of the messages enqueued meanwhile: {1000 * slowest:.0f} ms")


def _work_off(works: Works, org: str, rows: int, by: str, sizes: Sizes) -> None:
    if by == "statements":
        for step in range(STEPS):
            works.ask(WORKED_OFF.format(org=org, rows=-(-rows // STEPS)))
            if step == STEPS // 2 - 1:
                sizes.note("half sent")
    else:
        runner = works.start()
        _wait_until_left(works, rows // 2)
        sizes.note("half sent")
        _wait_until_left(works, 0)
        runner.stop(60)
    sizes.note("all sent")


def _wait_until_left(works: Works, left: int) -> None:
    """Raises when nothing was sent for a minute."""
    unsettled, seen_at = works.unsettled(), time.monotonic()
    while unsettled > left:
        time.sleep(2)
        now = works.unsettled()
        if now < unsettled:
            unsettled, seen_at = now, time.monotonic()
        elif time.monotonic() - seen_at > 60:
            raise SystemExit(f"{now} messages are not sent, and nothing moves.")


async def _rebuilt_beside_a_writer(works: Works, org: str) -> tuple[Rebuild, float]:
    """And how long the slowest of the writer's transactions took, in seconds."""
    over, slowest = asyncio.Event(), 0.0
    writer = await asyncpg.connect(works.database.superuser_url.replace("+asyncpg", ""))

    async def write() -> None:
        nonlocal slowest
        written = 0
        while not over.is_set():
            began = time.perf_counter()
            await writer.execute(placed(org, "export", 1, f"beside-{written}-"))
            slowest = max(slowest, time.perf_counter() - began)
            written += 1
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        work = await reindex(works.database.owner_url, Worth())
        over.set()
    await writer.close()
    return work, slowest


if __name__ == "__main__":
    main(*(kind(given) for kind, given in zip((int, str), sys.argv[1:3], strict=False)))
