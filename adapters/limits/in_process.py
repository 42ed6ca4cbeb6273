from functools import lru_cache
from math import ceil

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.strategies import MovingWindowRateLimiter

from adapters.limits.windows import Windows
from application.ports.rate_limits import Rate, Tally

NAMESPACE = "rate"


@lru_cache
def item_of(rate: Rate) -> RateLimitItem:
    return RateLimitItemPerSecond(rate.most, rate.seconds, NAMESPACE)


class InProcessRateLimits:
    """Counts what this process sees, exactly."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._strategy = MovingWindowRateLimiter(windows)

    async def spend(self, key: str, rate: Rate) -> Tally:
        return self.count(key, rate)

    def count(self, key: str, rate: Rate) -> Tally:
        item = item_of(rate)
        return self._tally(item, key, admitted=self._strategy.hit(item, key))

    def refusal(self, key: str, rate: Rate) -> Tally | None:
        """What `spend` would say if it refused; None if it would not."""
        item = item_of(rate)
        return None if self._strategy.test(item, key) else self._tally(item, key, admitted=False)

    def _tally(self, item: RateLimitItem, key: str, *, admitted: bool) -> Tally:
        window = self._strategy.get_window_stats(item, key)
        wait = ceil(window.reset_time - self._windows.now())
        return Tally(admitted, item.amount, max(0, window.remaining), max(1, wait))
