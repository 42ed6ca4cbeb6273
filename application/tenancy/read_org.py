from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.shared.errors import NotFound
from domain.tenancy.org import Org, OrgProfile


@dataclass(frozen=True, slots=True)
class OrgView:
    org: Org
    profile: OrgProfile


@dataclass(frozen=True, slots=True)
class ReadOrgHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, need: Need = Need.VIEW) -> OrgView:
        actor.require(need)
        async with self.uow.begin(actor.org_id) as unit:
            org = await unit.directory.by_id(actor.org_id)
            profile = await unit.org.get()
        if org is None:
            raise NotFound("org_id")
        return OrgView(org, profile)
