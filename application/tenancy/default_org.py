from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.tenancy.founding import Founding
from domain.shared.ids import OrgId
from domain.tenancy.org import Org, OrgProfile, SlugTaken

DEFAULT_SLUG = "default"
DEFAULT_NAME = "Default organisation"


@dataclass(frozen=True, slots=True)
class EnsureDefaultOrgHandler:
    """The organisation of callers who name none: made when a server starts in dev. It has no members."""

    uow: UnitOfWork
    clock: Clock
    founding: Founding

    async def handle(self, org_id: OrgId) -> bool:
        """False if it was there, or its slug is another's. Any number of processes may ask at once."""
        async with self.uow.begin_global() as shared:
            if await shared.directory.by_id(org_id) is not None:
                return False
        now = self.clock.now()
        profile = OrgProfile(
            name=DEFAULT_NAME, timezone="UTC", currency="USD", created_at=now, updated_at=now
        )
        try:
            async with self.uow.begin(org_id) as unit:
                await self.founding.found(
                    unit, Org(id=org_id, slug=DEFAULT_SLUG, created_at=now), profile, now
                )
        except SlugTaken:
            return False
        return True
