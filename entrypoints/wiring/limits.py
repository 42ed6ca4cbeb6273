"""Where rates are counted: in the process, or in Redis if there is one."""

from dishka import Provider, Scope, provide

from adapters.limits.in_process import InProcessRateLimits
from adapters.limits.windows import Windows
from application.ports.rate_limits import Rate, RateLimits
from entrypoints.http.rates import Callers, Meter
from entrypoints.http.readiness import NoRedis, RedisProbe
from entrypoints.settings import Settings


def limits_provider(settings: Settings) -> Provider:
    if settings.edge.redis_url is None:
        return LimitsProvider()
    from entrypoints.wiring.redis import RedisLimitsProvider  # noqa: PLC0415  # half a second of CPU

    return RedisLimitsProvider()


class MeterProvider(Provider):
    scope = Scope.APP

    @provide
    def own(self, settings: Settings) -> InProcessRateLimits:
        return InProcessRateLimits(Windows(idle_seconds=settings.edge.rate_limit_cleanup_minutes * 60))

    @provide
    def meter(self, settings: Settings, limits: RateLimits, callers: Callers) -> Meter:
        edge = settings.edge
        return Meter(
            limits=limits,
            callers=callers,
            per_address=Rate(edge.rate_limit_per_minute),
            per_caller=Rate(edge.rate_limit_caller_per_minute or 10 * edge.rate_limit_per_minute),
            per_action=Rate(edge.admin_action_rate_limit_per_minute),
        )


class LimitsProvider(MeterProvider):
    @provide
    def limits(self, own: InProcessRateLimits) -> RateLimits:
        return own

    @provide
    def probe(self) -> RedisProbe:
        return NoRedis()
