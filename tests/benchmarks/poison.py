"""How long messages wait while one of a hundred is poison: beside the same load without, in one run.

`python -m tests.benchmarks.poison [a second] [seconds]`. Poison raises, hangs until it is cut off,
holds up the process that sends it, or ends that; two runners.
"""

import json
import sys
import time
from collections.abc import Sequence

from tests.benchmarks.backlog import a_works, null_receiver
from tests.support.runners import Watch, Works

RATE, SECONDS, STEP_SECONDS = 100, 20, 0.25
RUNNERS, ONE_IN = 2, 100
DEEDS = ("raise", "hang", "hold", "exit")
SETTINGS = {
    "OUTBOX_LEASE_SECONDS": "10",
    "OUTBOX_MAX_ATTEMPTS": "3",
    "OUTBOX_BASE_BACKOFF_SECONDS": "1",
}
WAITS = """
    select round(percentile_cont(0.5) within group (order by waited)::numeric, 2),
           round(percentile_cont(0.99) within group (order by waited)::numeric, 2)
      from (select extract(epoch from sent_at - created_at) as waited
              from outbox_events where status = 'sent' and dedupe_key like 'good%') w
"""
DEAD = """
    select count(*) || coalesce(' after ' || min(attempts) || ' to ' || max(attempts) || ' attempts', '')
      from outbox_events where status = 'dead'
"""
BESIDE = """
    select coalesce(max(leases_lost), 0), count(*) filter (where leases_lost > 0)
      from outbox_events where dedupe_key like 'good%'
"""
"""How often others were taken along, at most, and how many of them."""


def main(rate: int = RATE, seconds: int = SECONDS) -> None:
    print(f"\noutbox, {rate} messages a second for {seconds} s, {RUNNERS} runners: how long the others wait")
    plain = _p99((), rate, seconds)
    for deeds in (DEEDS[:2], DEEDS[2:3], DEEDS[3:], DEEDS):
        poisoned = _p99(deeds, rate, seconds)
        print(f"{'':>10}{poisoned / plain:.1f} times as long at p99")


def _p99(deeds: Sequence[str], rate: int, seconds: int) -> float:
    with null_receiver() as receiver, a_works(receiver.url, **SETTINGS) as works:
        org = works.found_org()
        watches = [Watch(works) for _ in range(RUNNERS)]
        for watch in watches:
            watch.thread.start()
        works.enqueue(org, RUNNERS * 20, key="first-")
        receiver.wait_for(RUNNERS * 20)
        time.sleep(3)
        _load(works, org, deeds, rate, seconds)
        works.wait_until_settled(120)
        for watch in watches:
            watch.over.set()
            watch.thread.join(60)
        median, p99 = (float(wait) for wait in works.ask(WAITS)[0].split("|"))
        dead = works.database.execute(DEAD).strip()
        times, beside = works.ask(BESIDE)[0].split("|")
        print(f"{'+'.join(deeds) or 'none':>18}: p50 {median} s, p99 {p99} s; {dead} dead")
        print(f"{'':>20}{beside} others lost, {times} times at most; {_deaths(watches)} runners ended")
    return p99


def _deaths(watches: Sequence[Watch]) -> int:
    return sum(watch.deaths for watch in watches)


def _load(works: Works, org: str, deeds: Sequence[str], rate: int, seconds: int) -> None:
    began, steps, poison = time.monotonic(), int(seconds / STEP_SECONDS), 0
    for step in range(steps):
        sent = int(rate * STEP_SECONDS) * step
        works.enqueue(org, int(rate * STEP_SECONDS), key=f"good-{step}-")
        while deeds and poison < sent // ONE_IN:
            poison += 1
            deed = json.dumps({"poison": deeds[poison % len(deeds)]})
            works.enqueue(org, 1, deed, key=f"poison-{poison}-")
        time.sleep(max(0.0, began + (step + 1) * STEP_SECONDS - time.monotonic()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
