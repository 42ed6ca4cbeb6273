from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.memory.shared import RowLocks
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
    told: Mapping[UUID, datetime]

    async def record(self, failure: AuthFailure) -> None:
        self.rows.append(failure)

    async def list_untold(self, limit: int, *, after: AuthFailure | None = None) -> list[AuthFailure]:
        untold = [row for row in self.rows if row.lockout and row.user_id and row.id not in self.told]
        untold.sort(key=_age)
        return [row for row in untold if after is None or _age(row) > _age(after)][:limit]

    async def purge(self, before: datetime, limit: int) -> int:
        old = sorted((row for row in self.rows if row.occurred_at < before), key=lambda row: row.occurred_at)
        for row in old[:limit]:
            self.rows.remove(row)
        return len(old[:limit])


def _age(failure: AuthFailure) -> tuple[datetime, UUID]:
    return failure.occurred_at, failure.id


@dataclass(frozen=True, slots=True)
class MemoryLockouts:
    told: MutableMapping[UUID, datetime]
    locks: RowLocks | None = None  # None: a global unit is alone anyway

    async def settle(self, failure_id: UUID, now: datetime) -> bool:
        if self.locks is not None:
            await self.locks.take(("lockout", failure_id))
        if failure_id in self.told:
            return False
        self.told[failure_id] = now
        return True
