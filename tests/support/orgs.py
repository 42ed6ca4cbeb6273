from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from domain.tenancy.org import Org, OrgProfile

type MakeOrg = Callable[..., Awaitable[OrgId]]


async def found_org(
    uow: UnitOfWork,
    now: datetime,
    *,
    org_id: UUID | None = None,
    slug: str | None = None,
    timezone: str = "America/New_York",
    currency: str = "USD",
) -> OrgId:
    """An organisation with a profile and nothing else, as its birth would begin."""
    identity = OrgId(org_id or SystemIdentifiers().new())
    async with uow.begin_global() as shared:
        await shared.directory.add(Org(id=identity, slug=slug or f"org-{identity.hex[-12:]}", created_at=now))
    profile = OrgProfile(
        name="Acme Cleaning", timezone=timezone, currency=currency, created_at=now, updated_at=now
    )
    async with uow.begin(identity) as unit:
        await unit.org.add(profile)
    return identity
