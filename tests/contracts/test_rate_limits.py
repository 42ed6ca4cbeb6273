"""What every adapter of the port promises: one suite for the process's memory and for a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.limits.in_process import InProcessRateLimits
from adapters.limits.on_redis import RedisRateLimits, RedisWindows, connect
from adapters.limits.windows import Windows
from application.ports.rate_limits import Rate, RateLimits
from tests.support.identity import IDS
from tests.support.redis import RedisServer, open_redis

MINUTE = Rate(3)
SHORT = Rate(3, seconds=1)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with open_redis() as server:
        yield server


@pytest.fixture(params=["memory", "redis", "redis away"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[RateLimits]:
    own = InProcessRateLimits(Windows(600))
    if request.param == "memory":
        yield own
        return
    server: RedisServer = request.getfixturevalue("server")
    url = server.url if request.param == "redis" else "unix:///nowhere.sock"
    shared = RedisRateLimits(RedisWindows(connect(url)), own, probe_seconds=60, budget_seconds=10)
    try:
        yield shared
        assert await shared.look() == ("ok" if request.param == "redis" else "degraded")
    finally:
        await shared.close()


@pytest.fixture
def key() -> str:
    return f"caller:{IDS.new()}"


async def test_as_many_as_the_rate_says_and_no_more(limits: RateLimits, key: str) -> None:
    tallies = [await limits.spend(key, MINUTE) for _ in range(5)]
    assert [tally.admitted for tally in tallies] == [True, True, True, False, False]
    assert [tally.remaining for tally in tallies] == [2, 1, 0, 0, 0]
    assert {tally.limit for tally in tallies} == {3}
    assert {tally.reset_seconds for tally in tallies} <= {59, 60}


async def test_each_key_and_each_rate_counts_for_itself(limits: RateLimits, key: str) -> None:
    for _ in range(4):
        await limits.spend(key, MINUTE)
    assert (await limits.spend(f"{key}:other", MINUTE)).remaining == 2
    assert (await limits.spend(key, Rate(10))).remaining == 9


async def test_a_crowd_gets_exactly_the_rate(limits: RateLimits, key: str) -> None:
    tallies = await asyncio.gather(*(limits.spend(key, Rate(20)) for _ in range(60)))
    assert sum(tally.admitted for tally in tallies) == 20


async def test_refused_ones_cost_nothing_and_the_window_slides(limits: RateLimits, key: str) -> None:
    """Three, then a hammering that is refused: the fourth passes a second after the first of them."""
    loop = asyncio.get_running_loop()
    first = loop.time()
    assert all([(await limits.spend(key, SHORT)).admitted for _ in range(3)])
    refused = 0
    while not (tally := await limits.spend(key, SHORT)).admitted:
        refused += 1
        assert tally.reset_seconds == 1
        assert loop.time() < first + 30
        await asyncio.sleep(0.01)
    assert refused > 0
    assert loop.time() - first >= 0.99
