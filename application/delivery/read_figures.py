"""What the installation's metrics are counted from: the same from whichever process is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.delivery_queues import Queue
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.heartbeat import Heartbeat


@dataclass(frozen=True, slots=True)
class InstallationFigures:
    at: datetime
    queues: Sequence[Queue]
    pulses: Sequence[Heartbeat]


@dataclass(frozen=True, slots=True)
class ReadFiguresHandler:
    """For the operator. Figures name no organisation, so there is no actor of one."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self) -> InstallationFigures:
        now = self.clock.now()
        async with self.uow.begin_global() as unit:
            queues = await unit.delivery_queues.count(now)
            return InstallationFigures(now, queues, await unit.heartbeats.list_all())
