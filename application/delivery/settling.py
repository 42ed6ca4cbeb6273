"""Writing down how attempts ended: those of one organisation that are over, in one transaction."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from application.delivery.claims import Flight
from application.delivery.rules import Channels, DeliveryRules, chance
from application.ports.carrier import Carrier, CarrierLost, CarrierMissing, Receipt
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.measures import Figure
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.delivery.attempt import Attempt, AttemptOutcome
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import EventOutcome, OutboxEvent
from domain.shared.ids import OrgId

logger = logging.getLogger(__name__)
LOST = Fault.of("lost")
"""Its carrier is gone: as if the lease had run out, but at once."""
NOT_TRIED = Fault.of("not_tried")
"""There was no carrier: as if it had never been claimed. Nobody is told of this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """The end of a flight: a receipt, or the fault."""

    flight: Flight
    finished_at: datetime
    receipt: Receipt | None = None
    fault: Fault | None = None

    @property
    def outcome(self) -> AttemptOutcome:
        if self.is_lost:
            return AttemptOutcome.LOST
        return AttemptOutcome.FAILED if self.fault else AttemptOutcome.DELIVERED

    @property
    def is_lost(self) -> bool:
        return self.fault == LOST

    @property
    def was_tried(self) -> bool:
        return self.fault != NOT_TRIED

    def attempt(self, outcome: AttemptOutcome) -> Attempt:
        receipt, fault = self.receipt or Receipt(), self.fault
        return self.flight.event.attempt(
            outcome,
            finished_at=self.finished_at,
            error=fault.code if fault else None,
            http_status=fault.http_status if fault else receipt.http_status,
            provider_message_id=receipt.provider_message_id,
        )


async def fly(carrier: Carrier, flight: Flight) -> tuple[Receipt | None, Fault | None]:
    """Send it, and say how that went. Raises nothing that a message or a peer could cause."""
    try:
        return await carrier.carry(flight.shipment), None
    except DeliveryFailed as failed:
        return None, failed.fault
    except CarrierLost:
        return None, LOST
    except CarrierMissing:
        return None, NOT_TRIED
    except Exception:
        logger.exception("delivery raised", extra={"event_id": str(flight.event.id)})
        return None, replace(Fault.of("connection_failed"), of_the_line=False)  # a fault of ours


@dataclass(frozen=True, slots=True)
class Settling:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    rules: DeliveryRules
    channels: Channels

    async def settle(self, org_id: OrgId, landings: Sequence[Landing]) -> list[OutboxEvent]:
        """The messages as they are now. Whose lease was lost changes nothing but its own record: late.

        A message under its lease is as it was claimed: it need not be read again."""
        async with self.uow.begin(org_id) as unit:
            now = self.clock.now()
            landings = sorted(landings, key=lambda landing: landing.flight.event.id)  # all lock in one order
            ends = {landing.flight.lease_token: self._settled(landing, now) for landing in landings}
            held = await unit.outbox_queue.save_held(ends, now)
            tried = [landing for landing in landings if landing.was_tried]
            settled = [landing for landing in tried if landing.flight.event.id in held]
            late = [landing for landing in tried if landing.flight.event.id not in held]
            await unit.outbox_queue.record([landing.attempt(landing.outcome) for landing in settled])
            if late:
                there = await unit.outbox_queue.lock([landing.flight.event.id for landing in late])
                await unit.outbox_queue.record(
                    [each.attempt(AttemptOutcome.LATE) for each in late if each.flight.event.id in there]
                )
            _count(unit, settled, late, ends)
            await self.channels.follow(
                unit, [(ends[landing.flight.lease_token], landing.receipt) for landing in settled]
            )
        return [event for event in ends.values() if event.id in held]

    async def release(self, org_id: OrgId, flights: Sequence[Flight]) -> None:
        """Hand messages back untried: the process stops before they could leave."""
        async with self.uow.begin(org_id) as unit:
            now = self.clock.now()
            present = await unit.outbox_queue.lock([flight.event.id for flight in flights])
            held = [
                event
                for flight in flights
                if (event := present.get(flight.event.id)) and event.lease_token == flight.event.lease_token
            ]
            await unit.outbox_queue.save([event.release(now) for event in held])

    def _settled(self, landing: Landing, now: datetime) -> OutboxEvent:
        event = landing.flight.event
        if not landing.was_tried:
            return event.release(now)
        if landing.fault is None:
            return event.settle(EventOutcome.DELIVERED, now)
        policy, dice = self.rules.policy(event.kind), chance(self.ids)
        if landing.is_lost:
            return event.lose_lease(now, policy, dice)
        return event.fail(landing.fault, now, policy, dice)


def _count(
    unit: Unit, settled: Sequence[Landing], late: Sequence[Landing], ends: Mapping[UUID, OutboxEvent]
) -> None:
    """For the metrics: how attempts ended, and how long what arrived had waited."""
    for landing in late:
        unit.counts.add(Figure.OUTBOX_ATTEMPTS, landing.flight.event.kind, AttemptOutcome.LATE.value)
    for landing in settled:
        event = ends[landing.flight.lease_token]
        unit.counts.add(Figure.OUTBOX_ATTEMPTS, event.kind, landing.outcome.value)
        if event.sent_at is not None:
            waited = (event.sent_at - event.created_at).total_seconds()
            unit.counts.add(Figure.OUTBOX_DELIVERY_SECONDS, event.kind, amount=waited)
