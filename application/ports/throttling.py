from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from domain.identity.wrong_tries import TryCounter


class TryCounters(Protocol):
    """The buckets of wrong tries, by keyed hash: whose they are cannot be read from them."""

    async def lock(self, keys: Sequence[bytes]) -> list[TryCounter]:
        """In the order of the keys, empty ones too; and no other unit counts in them until ours ends.

        All at once, so that two who want the same ones never wait for each other."""

    async def read(self, keys: Sequence[bytes]) -> list[TryCounter]:
        """As lock, and holds up nobody."""

    async def save(self, counters: Iterable[TryCounter], now: datetime) -> None:
        """Overwrite; they were locked by this unit."""

    async def purge(self, now: datetime, limit: int) -> int:
        """Remove at most so many whose time is over; how many there were."""
