"""Doors to walk through first: whom the reminders and the expiry have to visit at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class OrgsWithNearVisits:
    """Active ones with a near visit and no reminder for it."""

    uow: UnitOfWork
    clock: Clock

    async def __call__(self) -> Sequence[OrgId]:
        async with self.uow.begin_global() as unit:
            return await unit.reminder_orgs.list_orgs(self.clock.now())


@dataclass(frozen=True, slots=True)
class OrgsWithOverdueHolds:
    """Active ones with a hold that was not paid for in time."""

    uow: UnitOfWork
    clock: Clock

    async def __call__(self) -> Sequence[OrgId]:
        async with self.uow.begin_global() as unit:
            overdue = await unit.overdue_holds.list_orgs(self.clock.now())
            active = set(await unit.directory.active_ids())
        return [org_id for org_id in overdue if org_id in active]
