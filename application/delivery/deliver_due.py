"""Deliver what is due, of every organisation in turn."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from application.delivery.airspace import Airspace
from application.delivery.circuit_gate import CircuitGate
from application.delivery.claims import Claims
from application.delivery.outbox_pass import OutboxPass
from application.delivery.rules import Channels, DeliveryRules
from application.delivery.settling import Settling
from application.delivery.slots import DeliverySlots
from application.delivery.tally import Tally
from application.ports.carrier import Carrier
from application.ports.circuit_breakers import CircuitBreakers
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import EventId, OrgId


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverDue:
    """For so long messages are taken; by the end the last attempt is over. A stop only ends the taking.

    `org_id`: of this organisation alone; `kind`: messages of this kind alone."""

    taking_seconds: float = 35
    total_seconds: float = 50
    is_stopping: Callable[[], bool] = _never
    org_id: OrgId | None = None
    kind: str | None = None
    looked_for: frozenset[EventId] = frozenset()  # which the tally remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverDueHandler:
    """`slots` is shared by all passes of the process; `runner` names the process in the attempts' log.
    `carrier`: none sends in this process, through the channels themselves."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    rules: DeliveryRules
    channels: Channels
    slots: DeliverySlots
    breakers: CircuitBreakers
    runner: str
    carrier: Carrier | None = None

    async def is_anything_due(self) -> bool:
        """Of a kind that may leave now, of any organisation: whether a pass would find something."""
        gate = await CircuitGate(self.channels, self.breakers, self.clock).look(None)
        kinds = None if gate.kinds is None else sorted({*gate.kinds, *gate.on_trial})
        if kinds == []:
            return False
        now = self.clock.now()
        async with self.uow.begin_global() as unit:
            return bool(await unit.due_messages.list_due(now, after=None, orgs=1, per_org=1, kinds=kinds))

    async def handle(self, command: DeliverDue) -> Tally:
        began = anyio.current_time()
        claims = Claims(self.uow, self.clock, self.ids, self.rules, self.channels, self.runner)
        settling = Settling(self.uow, self.clock, self.ids, self.rules, self.channels)
        gate = CircuitGate(self.channels, self.breakers, self.clock)
        tally = Tally(looked_for=command.looked_for)
        airspace = Airspace(
            clock=self.clock,
            carrier=self.carrier or self.channels,
            settling=settling,
            slots=self.slots,
            gate=gate,
            tally=tally,
            ends_at=began + command.total_seconds,
        )
        run = OutboxPass(
            uow=self.uow,
            clock=self.clock,
            claims=claims,
            airspace=airspace,
            slots=self.slots,
            gate=gate,
            tally=tally,
            open_until=began + command.taking_seconds,
            is_stopping=command.is_stopping,
            only=command.org_id,
            kind=command.kind,
        )
        return await run.run()
