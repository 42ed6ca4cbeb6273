"""Rows that belong to no organisation, written from within an organisation's unit.

Units of different organisations run side by side, so each keeps its own changes until it commits and
holds a lock on every row that it means to change.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import anyio


@dataclass(frozen=True, slots=True)
class Overlay[K, V]:
    """A unit's view of a shared table: what is committed by now, and its own changes over it."""

    committed: Callable[[], dict[K, V]]
    changes: dict[K, V] = field(default_factory=dict)

    def get(self, key: K) -> V | None:
        return self.changes[key] if key in self.changes else self.committed().get(key)

    def set(self, key: K, value: V) -> None:
        self.changes[key] = value

    def values(self) -> Iterator[V]:
        yield from {**self.committed(), **self.changes}.values()

    def commit(self) -> None:
        self.committed().update(self.changes)


@dataclass(frozen=True, slots=True)
class RowLocks:
    """Locks that this unit holds until it ends, out of those that all units share."""

    locks: dict[Hashable, anyio.Lock]
    until_end: AsyncExitStack
    held: set[Hashable] = field(default_factory=set)

    async def take(self, key: Hashable) -> None:
        if key not in self.held:
            await self.until_end.enter_async_context(self.locks.setdefault(key, anyio.Lock()))
            self.held.add(key)
