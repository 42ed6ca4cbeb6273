from dataclasses import dataclass
from datetime import datetime

from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit
from application.pricing.founding import found_pricing
from application.scheduling.founding import SchedulingDefaults, found_scheduling
from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import OrgId
from domain.tenancy.org import Org, OrgProfile


@dataclass(frozen=True, slots=True)
class Founding:
    """What every organisation is born with, in one transaction of its own."""

    ids: Identifiers
    scheduling: SchedulingDefaults

    async def found(self, unit: Unit, org: Org, profile: OrgProfile, now: datetime) -> None:
        """Raises SlugTaken."""
        await unit.directory.add(org)
        await unit.org.add(profile)
        await found_pricing(unit, now, self.ids)
        await found_scheduling(unit, now, self.ids, self.scheduling)
        founded = {"slug": org.slug, "timezone": profile.timezone, "currency": profile.currency}
        await unit.audit.record(operator(org.id), "org_created", "org", org.id, after=founded)


def operator(org_id: OrgId) -> Actor:
    """Whoever runs the command line on the host."""
    return Actor(org_id=org_id, kind=ActorKind.OPERATOR, name="operator")
