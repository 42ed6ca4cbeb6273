"""Limits that all processes share through Redis, with this process's own memory behind them.

Only what both admit passes. So when Redis goes, the last minute is known here; when it comes back empty, what
passed meanwhile still counts; and a caller who is over the limit here costs Redis nothing.
"""

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass, field
from math import ceil
from typing import Literal, cast

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript

from adapters.limits.in_process import InProcessRateLimits, item_of
from application.ports.rate_limits import Rate, Tally

PREFIX = "sweepline"
MOST_CONNECTIONS = 4  # of one event loop: more would only cost more to open
BUDGET_SECONDS = 0.05
CONNECT_SECONDS = 0.4
PROBE = Rate(1_000_000)
SPEND = """
local time = redis.call('TIME')
local at = tonumber(time[1]) + tonumber(time[2]) / 1000000
local most, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = tonumber(redis.call('LINDEX', KEYS[1], -1))
while oldest and oldest <= at - seconds do
  redis.call('RPOP', KEYS[1])
  oldest = tonumber(redis.call('LINDEX', KEYS[1], -1))
end
local count = redis.call('LLEN', KEYS[1])
local admitted = count < most
if admitted then
  redis.call('LPUSH', KEYS[1], string.format('%d.%06d', time[1], time[2]))
  redis.call('EXPIRE', KEYS[1], seconds)
  count = count + 1
end
return {admitted and 1 or 0, math.max(0, most - count), tostring((oldest or at) + seconds - at)}
"""
"""A moving window in the library's layout (newest first) by the server's clock; answers the headers too."""

logger = logging.getLogger("sweepline.limits")


def connect(url: str) -> Redis:
    """Raises ValueError for an address that is none. Reaches for nothing yet."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MOST_CONNECTIONS,
        timeout=None,  # whoever asks keeps an eye on the clock
        protocol=2,  # no greeting to wait for
        retry=Retry(NoBackoff(), 1),  # the server may have closed an idle connection
    )
    return Redis.from_pool(pool)


@dataclass(slots=True)
class RedisWindows:
    """The counters in Redis, and nothing behind them: every call may raise."""

    client: Redis
    _storage: RedisStorage = field(init=False)
    _script: AsyncScript = field(init=False)

    def __post_init__(self) -> None:
        self._storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=PREFIX,
            connection_pool=self.client.connection_pool,  # type: ignore[arg-type]  # documented, not annotated
        )
        self._script = self.client.register_script(SPEND)

    async def spend(self, key: str, rate: Rate) -> Tally:
        name = self._storage.bridge.prefixed_key(item_of(rate).key_for(key))
        answer = await self._script(keys=[name], args=[rate.most, rate.seconds])
        admitted, remaining, wait = cast("tuple[int, int, bytes]", answer)
        reset = min(rate.seconds, ceil(float(wait)))
        return Tally(bool(admitted), rate.most, remaining, max(1, reset))


@dataclass(slots=True)
class RedisRateLimits:
    shared: RedisWindows
    own: InProcessRateLimits
    probe_seconds: float
    budget_seconds: float = BUDGET_SECONDS
    _watch: asyncio.Task[None] | None = None

    async def spend(self, key: str, rate: Rate) -> Tally:
        if self._watch is not None:
            return self.own.count(key, rate)
        if (refusal := self.own.refusal(key, rate)) is not None:
            return refusal
        try:
            async with asyncio.timeout(self.budget_seconds):
                tally = await self.shared.spend(key, rate)
        except Exception as error:  # noqa: BLE001  # whatever it is, a limit must be told
            self._lost(error)
            return self.own.count(key, rate)
        own = self.own.count(key, rate) if tally.admitted else tally
        return tally if own.admitted else own

    async def look(self) -> Literal["ok", "degraded"]:
        """Whether the limits are shared at the moment. At most half a second."""
        if self._watch is None and (error := await self._trouble()) is not None:
            self._lost(error)
        return "ok" if self._watch is None else "degraded"

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self.shared.client.aclose()

    def _lost(self, error: Exception) -> None:
        if self._watch is None:
            logger.warning("redis is away: each process counts for itself (%s)", type(error).__name__)
            self._watch = asyncio.create_task(self._wait_for_it(error), context=Context())

    async def _wait_for_it(self, error: Exception) -> None:
        trouble: Exception | None = error
        while trouble is not None:
            await asyncio.sleep(self.probe_seconds)  # nobody could set an event: we ask
            trouble = await self._trouble()
        self._watch = None
        logger.info("redis is back: limits are shared again")

    async def _trouble(self) -> Exception | None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):  # to connect and to load may take longer
                await self.shared.spend("probe", PROBE)
            async with asyncio.timeout(self.budget_seconds):
                await self.shared.spend("probe", PROBE)
        except Exception as error:  # noqa: BLE001  # as above
            return error
        return None
