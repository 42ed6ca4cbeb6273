"""Limits on Redis when Redis is not well: they hold, and nobody waits twice."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from adapters.limits.in_process import NAMESPACE, InProcessRateLimits
from adapters.limits.on_redis import PREFIX, RedisRateLimits, RedisWindows, connect
from adapters.limits.windows import Windows
from application.ports.rate_limits import Rate, Tally
from tests.support.redis import RedisServer, open_redis

THREE = Rate(3)
KEY = "caller:me"
Process = Callable[..., RedisRateLimits]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with open_redis() as server:
        yield server


@pytest.fixture
async def process(server: RedisServer) -> AsyncIterator[Process]:
    """`process()`: the limits as one more process of the installation has them."""
    opened: list[RedisRateLimits] = []

    def open_one(url: str = "", probe_seconds: float = 60) -> RedisRateLimits:
        windows = RedisWindows(connect(url or server.url))
        own = InProcessRateLimits(Windows(600))
        opened.append(RedisRateLimits(windows, own, probe_seconds, budget_seconds=10))
        return opened[-1]

    yield open_one
    for limits in opened:
        await limits.close()


async def admitted(limits: RedisRateLimits, times: int) -> int:
    return sum([(await limits.spend(KEY, THREE)).admitted for _ in range(times)])


async def back(limits: RedisRateLimits) -> None:
    async with asyncio.timeout(30):
        while await limits.look() != "ok":  # noqa: ASYNC110  # Redis sets no event of ours
            await asyncio.sleep(0.01)


def at_once(work: Coroutine[Any, Any, Tally]) -> Tally:
    """Its result, if it waits for nothing at all."""
    try:
        work.send(None)
    except StopIteration as done:
        tally: Tally = done.value
        return tally
    work.close()
    raise AssertionError("it waited")


async def test_processes_share_their_counters(process: Process) -> None:
    one, other = process(), process()
    assert [await admitted(one, 2), await admitted(other, 2), await admitted(one, 1)] == [2, 1, 0]


async def test_a_limit_holds_while_redis_dies_and_comes_back_with_nothing_in_it(
    process: Process, server: RedisServer
) -> None:
    limits = process(probe_seconds=0.01)
    assert await admitted(limits, 2) == 2
    server.kill()
    assert await admitted(limits, 1) == 1
    assert await limits.look() == "degraded"
    assert await admitted(limits, 5) == 0
    server.start()
    await back(limits)
    assert await admitted(limits, 5) == 0
    assert await admitted(process(), 5) == 3  # who saw nothing of it starts with what Redis knows


async def test_a_crowd_that_is_under_way_when_redis_dies_gets_no_more(
    process: Process, server: RedisServer
) -> None:
    """Some are answered by Redis, the others by memory: together as many as the rate says."""
    limits = process()
    crowd = [asyncio.create_task(limits.spend(KEY, Rate(20))) for _ in range(80)]
    await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
    server.kill()
    assert sum([(await one).admitted for one in crowd]) == 20


async def test_an_answer_of_redis_that_comes_after_its_twins_gave_up_admits_nobody_more(
    process: Process,
) -> None:
    limits = process()
    late = asyncio.create_task(limits.spend(KEY, THREE))
    await asyncio.sleep(0)  # it has asked Redis
    assert all(limits.own.count(KEY, THREE).admitted for _ in range(3))  # as who waited too long does
    assert not (await late).admitted


async def test_redis_that_comes_back_is_shared_again(process: Process, server: RedisServer) -> None:
    one, other = process(probe_seconds=0.01), process(probe_seconds=0.01)
    server.kill()
    assert [await one.look(), await other.look()] == ["degraded", "degraded"]
    server.start()
    await back(one)
    await back(other)
    assert [await admitted(one, 2), await admitted(other, 2)] == [2, 1]


async def test_redis_that_hangs_is_waited_for_once(process: Process, server: RedisServer) -> None:
    """A crowd that is under way pays the budget once, side by side; who comes later pays nothing."""
    limits = process()
    await back(limits)
    server.freeze()
    limits.budget_seconds = 0.05
    async with asyncio.timeout(10):
        crowd = await asyncio.gather(*(limits.spend(f"{KEY}:{n}", THREE) for n in range(40)))
    assert [tally.remaining for tally in crowd] == [2] * 40
    found = [at_once(limits.spend(KEY, THREE)).admitted for _ in range(5)]
    assert found == [True] * 3 + [False] * 2
    server.thaw()


async def test_redis_that_was_frozen_is_found_by_the_probe(process: Process, server: RedisServer) -> None:
    limits = process(probe_seconds=0.01)
    server.freeze()
    limits.budget_seconds = 0.05
    assert await admitted(limits, 5) == 3
    server.thaw()
    limits.budget_seconds = 10
    await back(limits)
    assert await admitted(limits, 5) == 0


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1", "unix:///nowhere", "redis://127.0.0.1?no_such_option=1"]
)
async def test_redis_that_was_never_there_opens_nothing(process: Process, url: str) -> None:
    limits = process(url)
    assert await admitted(limits, 10) == 3
    assert await limits.look() == "degraded"


async def test_a_refusal_of_redis_opens_nothing(process: Process) -> None:
    """Out of memory, a replica, another type under our key: all the same to a caller."""
    limits = process()
    await limits.shared.client.config_set("maxmemory", "1")
    assert await admitted(limits, 10) == 3
    assert await limits.look() == "degraded"


async def test_what_is_older_than_the_window_no_longer_counts(process: Process) -> None:
    limits = process()
    seconds, _ = await limits.shared.client.time()
    name = f"{PREFIX}:{NAMESPACE}/{KEY}/3/60/second"
    for age in (90, 61, 30):
        await limits.shared.client.lpush(name, f"{seconds - age}.000000")
    tally = await limits.spend(KEY, THREE)
    assert (tally.admitted, tally.remaining) == (True, 1)
    assert tally.reset_seconds in {29, 30}


async def test_its_scripts_may_be_forgotten(process: Process) -> None:
    limits = process()
    assert await admitted(limits, 1) == 1
    await limits.shared.client.script_flush()
    assert await admitted(limits, 5) == 2
    assert await limits.look() == "ok"


async def test_the_library_reads_what_we_write_and_it_is_gone_after_a_minute(process: Process) -> None:
    limits = process()
    await admitted(limits, 2)
    client = limits.shared.client
    pool: Any = client.connection_pool
    library = MovingWindowRateLimiter(
        RedisStorage("async+redis://", implementation="redispy", key_prefix=PREFIX, connection_pool=pool)
    )
    stats = await library.get_window_stats(RateLimitItemPerSecond(3, 60, NAMESPACE), KEY)
    assert stats.remaining == 1
    name = f"{PREFIX}:{NAMESPACE}/{KEY}/3/60/second"
    assert await client.keys("*") == [name.encode()]
    assert 0 < await client.ttl(name) <= 60


def test_idle_keys_go_and_no_crowd_of_addresses_fills_the_memory() -> None:
    now = 0.0
    windows = Windows(idle_seconds=600, most_keys=100, now=lambda: now)
    for n in range(1000):
        assert windows.acquire_entry(f"address:{n}", 3, 60)
        assert windows.acquire_entry("busy", 10_000, 60)
    assert len(windows) == 100
    assert windows.get_moving_window("busy", 10_000, 60)[1] == 1000
    now = 601.0
    for _ in range(100):
        windows.acquire_entry("late", 1000, 60)
    assert len(windows) == 1


def test_the_window_slides_to_the_instant() -> None:
    now = 0.0
    windows = Windows(idle_seconds=600, now=lambda: now)

    def fits(at: float) -> bool:
        nonlocal now
        now = at
        return windows.acquire_entry(KEY, 3, 60)

    asked = (0.0, 30.0, 59.0, 59.9, 60.0, 60.1, 89.9, 90.0)
    assert [at for at in asked if fits(at)] == [0.0, 30.0, 59.0, 60.0, 90.0]
