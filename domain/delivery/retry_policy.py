"""How often and when a failed message is tried again."""

from dataclasses import dataclass
from datetime import timedelta

_JITTER_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`base_backoff_seconds` may be 0 (no wait); `max_attempts` counts the first one too."""

    max_attempts: int = 5
    base_backoff_seconds: float = 30
    max_backoff_seconds: float = 3600

    def delay(self, failed_attempt: int, chance: float, retry_after_seconds: int | None = None) -> timedelta:
        """The wait after failed attempt n: uniform in [d, 1.25·d] with d = min(max, base · 2^(n-1)).

        `chance` lies in [0, 1]. A longer wait that the peer asks for wins, up to the cap.
        """
        doubled = self.base_backoff_seconds * 2 ** (failed_attempt - 1)
        seconds = min(self.max_backoff_seconds, doubled) * (1 + _JITTER_SHARE * chance)
        asked = min(retry_after_seconds or 0, self.max_backoff_seconds)
        return timedelta(seconds=max(seconds, asked))
