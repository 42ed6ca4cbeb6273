from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.measures import Counted
from application.ports.unit_of_work import UnitOfWork


@dataclass(slots=True)
class Heard:
    """What was told as done for good, in order."""

    counted: list[Counted] = field(default_factory=list)

    def note(self, counted: Iterable[Counted]) -> None:
        self.counted += counted


def measured_by(uow: UnitOfWork, heard: Heard) -> UnitOfWork:
    if isinstance(uow, PostgresUnitOfWork):
        return cast("UnitOfWork", replace(uow, measures=heard))
    assert isinstance(uow, MemoryUnitOfWork)
    uow.measures = heard
    return uow
