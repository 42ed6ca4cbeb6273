"""Links that open once, remembered by Redis, which forgets them when they have run out anyway."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from application.ports.clock import Clock
from domain.shared.errors import Unavailable
from domain.shared.ids import OrgId

PREFIX = "sweepline:photo-link"
PATIENCE_SECONDS = 2.0
RETRY_AFTER_SECONDS = 2
MOST_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class RedisOneTimeLinks:
    client: Redis
    clock: Clock
    patience_seconds: float = PATIENCE_SECONDS

    async def claim(self, org_id: OrgId, jti: str, expires_at: datetime) -> bool:
        left = max(1, ceil((expires_at - self.clock.now()).total_seconds()))
        try:
            async with asyncio.timeout(self.patience_seconds):
                first = await self.client.set(f"{PREFIX}:{org_id}:{jti}", 1, nx=True, ex=left)
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(
                "Whether this link was opened before cannot be told now.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            ) from error
        return bool(first)

    async def close(self) -> None:
        await self.client.aclose()


def connect(url: str, clock: Clock) -> RedisOneTimeLinks:
    """Reaches for nothing yet."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MOST_CONNECTIONS,
        timeout=None,  # whoever asks keeps an eye on the clock
        protocol=2,
        retry=Retry(NoBackoff(), 1),  # the server may have closed an idle connection
    )
    return RedisOneTimeLinks(Redis.from_pool(pool), clock)
