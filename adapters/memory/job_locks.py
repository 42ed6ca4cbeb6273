from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class MemoryJobLocks:
    held: set[tuple[str, OrgId]] = field(default_factory=set)

    @asynccontextmanager
    async def hold(self, job: str, org_id: OrgId) -> AsyncIterator[bool]:
        key = (job, org_id)
        if key in self.held:
            yield False
            return
        self.held.add(key)
        try:
            yield True
        finally:
            self.held.discard(key)
