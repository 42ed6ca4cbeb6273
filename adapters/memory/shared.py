"""Rows that belong to no organisation, written from within an organisation's unit.

Units of different organisations run side by side, so each keeps its own changes until it commits and
holds a lock on every row that it means to change.
"""

from collections.abc import Callable, Hashable, Iterator, MutableMapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import anyio

from domain.identity.person import Person
from domain.identity.second_factor import NO_FACTOR, Factor
from domain.shared.ids import OrgId, UserId
from domain.tenancy.org import Org


@dataclass(frozen=True, slots=True)
class Overlay[K, V](MutableMapping[K, V]):
    """A unit's view of a shared table: what is committed by now, and its own changes over it."""

    committed: Callable[[], dict[K, V]]
    changes: dict[K, V] = field(default_factory=dict)

    def __getitem__(self, key: K) -> V:
        return self.changes[key] if key in self.changes else self.committed()[key]

    def __setitem__(self, key: K, value: V) -> None:
        self.changes[key] = value

    def __delitem__(self, key: K) -> None:
        raise TypeError("No row of a shared table is ever deleted.")

    def __iter__(self) -> Iterator[K]:
        yield from {**self.committed(), **self.changes}

    def __len__(self) -> int:
        return len({**self.committed(), **self.changes})

    def commit(self) -> None:
        self.committed().update(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """What only the doors reach."""

    password_hash: str
    factor: Factor = NO_FACTOR
    recovery_hashes: frozenset[bytes] = frozenset()


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


@dataclass(frozen=True, slots=True)
class SharedRows:
    """What an organisation's unit may write beyond its own tables."""

    orgs: Overlay[OrgId, Org]
    retired_slugs: Overlay[str, OrgId]
    persons: Overlay[UserId, Person]
    person_secrets: Overlay[UserId, SecretRow]
    lockouts_told: Overlay[UUID, datetime]
    locks: RowLocks

    def commit(self) -> None:
        tables = (self.orgs, self.retired_slugs, self.persons, self.person_secrets, self.lockouts_told)
        for table in tables:
            table.commit()
