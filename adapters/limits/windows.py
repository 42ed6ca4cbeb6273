"""A storage for the `limits` library that lives in the process.

The library's own memory storage starts a thread that walks over every key a hundred times a second, which a
crowd of addresses turns into a busy process. This one tidies up as it is used.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic

from limits.storage import MovingWindowSupport, Storage

MOST_KEYS = 50_000
TIDIED_AT_ONCE = 2


class Windows(Storage, MovingWindowSupport):
    """When each key was hit, oldest first; the keys themselves by their last hit."""

    STORAGE_SCHEME = None

    def __init__(
        self, idle_seconds: float, most_keys: int = MOST_KEYS, now: Callable[[], float] = monotonic
    ) -> None:
        super().__init__()
        self.now = now
        self._idle_seconds = idle_seconds
        self._most_keys = most_keys
        self._hits: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._hits)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        at = self.now()
        hits = self._since(key, at - expiry)
        if len(hits) + amount > limit:
            return False
        hits.extend([at] * amount)
        self._hits[key] = hits
        self._hits.move_to_end(key)
        self._tidy(at)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002  # the library's signature
        at = self.now()
        hits = self._since(key, at - expiry)
        return (hits[0], len(hits)) if hits else (at, 0)

    def _since(self, key: str, begin: float) -> deque[float]:
        hits = self._hits.get(key)
        if hits is None:
            return deque()
        while hits and hits[0] <= begin:
            hits.popleft()
        return hits

    def _tidy(self, at: float) -> None:
        """Forget who was idle for long; and when there are too many, who was idle longest."""
        for _ in range(TIDIED_AT_ONCE):
            key, hits = next(iter(self._hits.items()))
            if hits and hits[-1] > at - self._idle_seconds and len(self._hits) <= self._most_keys:
                return
            del self._hits[key]

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def check(self) -> bool:
        return True

    def clear(self, key: str) -> None:
        self._hits.pop(key, None)

    def reset(self) -> int:
        count = len(self._hits)
        self._hits.clear()
        return count

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("moving windows only")

    def get(self, key: str) -> int:
        raise NotImplementedError("moving windows only")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("moving windows only")
