from collections.abc import AsyncIterable

from dishka import provide

from adapters.limits.in_process import InProcessRateLimits
from adapters.limits.on_redis import RedisRateLimits, RedisWindows, connect
from application.ports.rate_limits import RateLimits
from entrypoints.http.readiness import RedisProbe
from entrypoints.settings import Settings
from entrypoints.wiring.limits import MeterProvider


class RedisLimitsProvider(MeterProvider):
    @provide
    async def shared(self, settings: Settings, own: InProcessRateLimits) -> AsyncIterable[RedisRateLimits]:
        edge = settings.edge
        if edge.redis_url is None:
            raise RuntimeError("REDIS_URL is not set")
        windows = RedisWindows(connect(edge.redis_url.reveal()))
        limits = RedisRateLimits(windows, own, edge.rate_limit_redis_probe_seconds)
        yield limits
        await limits.close()

    @provide
    def limits(self, shared: RedisRateLimits) -> RateLimits:
        return shared

    @provide
    def probe(self, shared: RedisRateLimits) -> RedisProbe:
        return shared
