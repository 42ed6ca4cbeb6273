from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class OneTimeLinksInRows:
    """Where there is no Redis: a row for each link that was opened."""

    uow: UnitOfWork
    clock: Clock

    async def claim(self, org_id: OrgId, jti: str, expires_at: datetime) -> bool:
        return await self._claim(org_id, jti, expires_at)

    @retrying
    async def _claim(self, org_id: OrgId, jti: str, expires_at: datetime) -> bool:
        async with self.uow.begin(org_id) as unit:
            return await unit.spent_links.claim(jti, expires_at, self.clock.now())
