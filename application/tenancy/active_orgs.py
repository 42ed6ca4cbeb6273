from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class ListActiveOrgs:
    """Whom a job visits that has something to look at everywhere; by id."""

    uow: UnitOfWork

    async def __call__(self) -> Sequence[OrgId]:
        async with self.uow.begin_global() as unit:
            return await unit.directory.active_ids()
