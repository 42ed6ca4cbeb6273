from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.persons import AuthFailure
from domain.identity.wrong_tries import TryCounter


@dataclass(frozen=True, slots=True)
class MemoryTryCounters:
    """Global units queue for one another, so whoever is here holds every lock."""

    rows: dict[bytes, TryCounter]
    expiries: dict[bytes, datetime | None]

    async def lock(self, keys: Sequence[bytes]) -> list[TryCounter]:
        return [self.rows.setdefault(key, TryCounter(key=key)) for key in keys]

    async def read(self, keys: Sequence[bytes]) -> list[TryCounter]:
        return [self.rows.get(key, TryCounter(key=key)) for key in keys]

    async def save(self, counters: Iterable[TryCounter], now: datetime) -> None:
        for counter in counters:
            self.rows[counter.key] = counter
            self.expiries[counter.key] = counter.expires_at(now)

    async def purge(self, now: datetime, limit: int) -> int:
        over = sorted((end, key) for key, end in self.expiries.items() if end is not None and end <= now)
        for _, key in over[:limit]:
            del self.rows[key], self.expiries[key]
        return len(over[:limit])


@dataclass(frozen=True, slots=True)
class MemoryAuthFailures:
    rows: list[AuthFailure]

    async def record(self, failure: AuthFailure) -> None:
        self.rows.append(failure)
