"""A runner whose world is a channel that tests command."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from adapters.system.identifiers import SystemIdentifiers
from application.circuit_breaking import SharedCircuitBreakers
from application.delivery.deliver_due import DeliverDueHandler
from application.delivery.export_channel import Exports, follow_export
from application.delivery.rules import Channels, DeliveryRules
from application.delivery.slots import DeliverySlots
from application.ports.carrier import CarrierLost, CarrierMissing, Receipt, Shipment
from application.ports.clock import Clock
from application.ports.outbox import Message
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import EventOutcome, OutboxEvent
from domain.delivery.retry_policy import RetryPolicy
from domain.shared.ids import EventId, OrgId

type Deed = Callable[[OutboxEvent], Awaitable[Receipt]]


async def accept(event: OutboxEvent) -> Receipt:
    return Receipt(provider_message_id=f"p-{event.id}")


def refuse(code: str) -> Deed:
    async def deed(event: OutboxEvent) -> Receipt:
        raise DeliveryFailed(Fault.of(code))

    return deed


def lose(times: int) -> Deed:
    """As its carrier is gone, so often."""
    return _raising(CarrierLost, times)


def find_no_carrier(times: int) -> Deed:
    return _raising(CarrierMissing, times)


def _raising(error: type[Exception], times: int) -> Deed:
    left = iter(range(times))

    async def deed(event: OutboxEvent) -> Receipt:
        if next(left, None) is None:
            return await accept(event)
        raise error

    return deed


async def hang(event: OutboxEvent) -> Receipt:
    await anyio.sleep_forever()
    raise AssertionError


@dataclass(slots=True)
class World:
    """A channel: remembers what arrived, and does with each dedupe key what the test says."""

    deeds: dict[str, Deed] = field(default_factory=dict)
    otherwise: Deed = accept
    arrived: list[EventId] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    settled: dict[str, EventOutcome] = field(default_factory=dict)

    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        ships = [Shipment(org_id=unit.org_id, event=event) for event in events]
        return [self.settled.get(ship.event.dedupe_key) or ship for ship in ships]

    async def carry(self, shipment: Shipment) -> Receipt:
        event = shipment.event
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            receipt = await self.deeds.get(event.dedupe_key, self.otherwise)(event)
        finally:
            self.in_flight -= 1
        self.arrived.append(event.id)
        return receipt

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        """Keeps no records but those of exports."""
        for event, _receipt in ends:
            if event.kind == "export":
                await follow_export(unit, event, Exports())


def a_runner(uow: UnitOfWork, clock: Clock, world: World, **choices: Any) -> DeliverDueHandler:
    policy = RetryPolicy(
        max_attempts=choices.pop("max_attempts", 5), base_backoff_seconds=choices.pop("base", 30)
    )
    slots = DeliverySlots(choices.pop("concurrency", 16), choices.pop("per_org", 4))
    return DeliverDueHandler(
        uow=uow,
        clock=clock,
        ids=SystemIdentifiers(),
        rules=DeliveryRules(lease_seconds=choices.pop("lease_seconds", 60), usual=policy),
        channels=Channels({"webhook": world}, choices.pop("circuits", {})),
        slots=slots,
        breakers=choices.pop("breakers", None) or SharedCircuitBreakers(uow, clock, SystemIdentifiers()),
        runner=choices.pop("runner", "test"),
    )


async def enqueue(uow: UnitOfWork, org_id: OrgId, *keys: str, **fields: Any) -> list[EventId]:
    async with uow.begin(org_id) as unit:
        return [
            await unit.outbox.add(
                Message(**{"kind": "webhook", "event_type": "lead.created", "dedupe_key": key, **fields})
            )
            for key in keys
        ]


async def event_of(uow: UnitOfWork, org_id: OrgId, event_id: EventId) -> OutboxEvent:
    async with uow.begin(org_id) as unit:
        return await unit.outbox_queue.get(event_id)


async def outcomes_of(uow: UnitOfWork, org_id: OrgId, event_id: EventId) -> list[str]:
    async with uow.begin(org_id) as unit:
        return [attempt.outcome.value for attempt in await unit.outbox_queue.attempts(event_id)]
