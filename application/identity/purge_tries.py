from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.unit_of_work import GlobalUnit, UnitOfWork

BATCH = 500
FAILURES_KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class PurgeTriesHandler:
    """Removes counters of wrong tries that count nothing any more, and old refused proofs."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self) -> int:
        """How many rows there were. Each batch is a transaction: a long list blocks nobody."""
        now = self.clock.now()
        before = now - FAILURES_KEPT_FOR
        counters = await self._all(lambda shared: shared.try_counters.purge(now, BATCH))
        return counters + await self._all(lambda shared: shared.auth_failures.purge(before, BATCH))

    async def _all(self, purge: Callable[[GlobalUnit], Awaitable[int]]) -> int:
        purged, last = 0, BATCH
        while last >= BATCH:
            async with self.uow.begin_global() as shared:
                last = await purge(shared)
            purged += last
        return purged
