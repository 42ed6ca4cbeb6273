"""What the installation's metrics are counted from: the same from whichever process is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.delivery_queues import Queue
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.heartbeat import Heartbeat
from domain.shared.circuit import Circuit
from domain.storage.tombstone import TombstoneState


@dataclass(frozen=True, slots=True)
class InstallationFigures:
    at: datetime
    queues: Sequence[Queue]
    pulses: Sequence[Heartbeat]
    circuits: Sequence[Circuit]
    tombstones: Mapping[TombstoneState, int]


@dataclass(frozen=True, slots=True)
class ReadFiguresHandler:
    """For the operator. Figures name no organisation, so there is no actor of one."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self) -> InstallationFigures:
        now = self.clock.now()
        async with self.uow.begin_global() as unit:
            queues = await unit.delivery_queues.count(now)
            pulses, circuits = await unit.heartbeats.list_all(), await unit.circuits.list_all()
            tombstones = await unit.tombstone_orgs.count()
        return InstallationFigures(now, queues, pulses, circuits, tombstones)
