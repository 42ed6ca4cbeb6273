"""Transactions over plain dictionaries: the reference that PostgreSQL is compared with.

Writers of one organisation queue on its lock, so every history is serial. Tables are copied when a unit
begins and put in place when it ends well; entities are frozen, so a shallow copy is a snapshot.
"""

from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import anyio

from adapters.memory import doors
from adapters.memory.idempotency import Claim, under_way
from adapters.memory.persons import (
    MemoryBelongings,
)
from adapters.memory.shared import Overlay, RowLocks, SharedRows
from adapters.memory.tables import GlobalTables, OrgTables, snapshot
from adapters.memory.unit import MemoryGlobalUnit, MemoryUnit
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.measures import Measures, Unmeasured
from application.ports.outbox import untraced
from domain.identity.membership import Belonging
from domain.identity.once import Once
from domain.shared.ids import (
    OrgId,
    UserId,
)


@dataclass(slots=True)
class MemoryUnitOfWork:
    clock: Clock
    ids: Identifiers
    orgs: dict[OrgId, OrgTables] = field(default_factory=dict)
    shared: GlobalTables = field(default_factory=GlobalTables)
    measures: Measures = field(default_factory=Unmeasured)
    traceparent: Callable[[], str] = untraced
    _locks: dict[OrgId | None, anyio.Lock] = field(default_factory=dict)
    _row_locks: dict[Hashable, anyio.Lock] = field(default_factory=dict)
    _claimed: set[tuple[OrgId, str, str]] = field(default_factory=set)

    @asynccontextmanager
    async def begin(self, org_id: OrgId, *, once: Once | None = None) -> AsyncIterator[MemoryUnit]:
        is_free = once is not None and once.hold is None  # what is held already is in the rows
        claimed = (org_id, once.caller, once.key) if once is not None and is_free else None
        with under_way(self._claimed, claimed):
            async with self._lock(org_id), AsyncExitStack() as until_end:
                tables = snapshot(self.orgs.get(org_id, OrgTables()))
                shared = self._shared_rows(until_end)
                claim = Claim(tables.idempotency_keys, once, self.clock.now())
                claim.check()
                belongings = MemoryBelongings(self._belongings)
                unit = MemoryUnit(
                    org_id, tables, shared, claim, self.clock, self.ids, belongings, self.traceparent
                )
                yield unit
                claim.finish()
                async with self._lock(None):  # a global unit puts whole tables back when it ends
                    shared.commit()
                    self.orgs[org_id] = tables
        self.measures.note(unit.counts.taken)

    @asynccontextmanager
    async def begin_global(self) -> AsyncIterator[MemoryGlobalUnit]:
        async with self._lock(None):
            tables = snapshot(self.shared)
            yield MemoryGlobalUnit(tables, self.orgs)
            self.shared = tables

    def _belongings(self, user_id: UserId, now: datetime) -> tuple[Belonging, ...]:
        return doors.person_memberships(self.orgs, self.shared, user_id, now)

    def _shared_rows(self, until_end: AsyncExitStack) -> SharedRows:
        return SharedRows(
            orgs=Overlay(lambda: self.shared.orgs),
            retired_slugs=Overlay(lambda: self.shared.retired_slugs),
            persons=Overlay(lambda: self.shared.persons),
            person_secrets=Overlay(lambda: self.shared.person_secrets),
            lockouts_told=Overlay(lambda: self.shared.lockouts_told),
            locks=RowLocks(self._row_locks, until_end),
        )

    def _lock(self, org_id: OrgId | None) -> anyio.Lock:
        return self._locks.setdefault(org_id, anyio.Lock())
