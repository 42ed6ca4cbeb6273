"""Taking due messages: a lease on each, in a transaction of its organisation that ends before any is sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import anyio

from application.delivery.rules import CUT_OFF_SECONDS, Channels, DeliveryRules, chance
from application.ports.carrier import Shipment
from application.ports.circuit_breakers import Admission
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.measures import Figure
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.delivery.attempt import Attempt, AttemptOutcome
from domain.delivery.outbox_event import EventOutcome, Lease, OutboxEvent
from domain.shared.ids import EventId, OrgId


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One claimed message on its way. `cut_off_at` is on the monotonic clock of this process."""

    org_id: OrgId
    event: OutboxEvent  # as it was claimed
    lease_token: UUID
    shipment: Shipment
    cut_off_at: float
    admission: Admission | None = None  # of a trial, through a circuit that was open


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """So many of an organisation's due messages, of some kinds or all, but not these."""

    org_id: OrgId
    most: int
    kinds: Sequence[str] | None = None
    not_these: Collection[EventId] = ()
    admission: Admission | None = None  # what they are let through with
    quarantine_free: bool = True


@dataclass(slots=True)
class Claimed:
    """What became of the messages that were found; those locked by others appear nowhere."""

    flights: list[Flight] = field(default_factory=list)
    not_tried: list[OutboxEvent] = field(default_factory=list)  # settled, or put off for later
    must_wait: list[OutboxEvent] = field(default_factory=list)  # in quarantine behind another one

    @property
    def changed(self) -> list[OutboxEvent]:
        return [flight.event for flight in self.flights] + self.not_tried + self.must_wait


@dataclass(frozen=True, slots=True)
class Claims:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    rules: DeliveryRules
    channels: Channels
    runner: str

    async def claim(self, wish: Wish) -> Claimed:
        """Those that are due and free, each under a lease of its own."""
        cut_off_at = anyio.current_time() + self.rules.lease_seconds - CUT_OFF_SECONDS
        quarantine_free = wish.quarantine_free
        async with self.uow.begin(wish.org_id) as unit:
            now = self.clock.now()
            claimed, lost, ready = Claimed(), list[Attempt](), list[OutboxEvent]()
            due = await unit.outbox_queue.lock_due(
                now, limit=wish.most, kinds=wish.kinds, not_these=wish.not_these
            )
            for found in due:
                event = self._without_lost_lease(found, now, lost)
                if found.lease_token is not None:
                    unit.counts.add(Figure.OUTBOX_ATTEMPTS, found.kind, AttemptOutcome.LOST.value)
                if event.is_settled or not event.is_due(now):
                    claimed.not_tried.append(event)
                elif event.is_quarantined and not quarantine_free:
                    claimed.must_wait.append(event)
                else:
                    quarantine_free = quarantine_free and not event.is_quarantined
                    ready.append(event)
            await self._take(unit, ready, now, cut_off_at, claimed)
            await unit.outbox_queue.save(claimed.changed)
            await unit.outbox_queue.record(lost)
            await self.channels.follow(unit, [(event, None) for event in claimed.not_tried])
        claimed.flights = [replace(flight, admission=wish.admission) for flight in claimed.flights]
        return claimed

    def _without_lost_lease(self, event: OutboxEvent, now: datetime, lost: list[Attempt]) -> OutboxEvent:
        """A lease that is still there on a due message has run out: its runner is gone, or late."""
        policy = self.rules.policy(event.kind)
        if event.lease_token is not None:
            lost.append(event.lost_attempt())
            return event.lose_lease(now, policy, chance(self.ids))
        if event.attempts >= policy.max_attempts:  # fewer are allowed than when it was put off
            return event.die(event.last_error or "lost", now)
        return event

    async def _take(
        self, unit: Unit, ready: Sequence[OutboxEvent], now: datetime, cut_off_at: float, claimed: Claimed
    ) -> None:
        by_kind: dict[str, list[OutboxEvent]] = {}
        for event in ready:
            if event.has_expired(now):
                claimed.not_tried.append(event.die("expired", now))
            elif self.channels.find(event.kind) is None:
                claimed.not_tried.append(event.die("unknown_kind", now))
            else:
                by_kind.setdefault(event.kind, []).append(event)
        for kind, events in by_kind.items():
            shipments = await self.channels.by_kind[kind].prepare(unit, events)
            for event, shipment in zip(events, shipments, strict=True):
                if isinstance(shipment, EventOutcome):
                    claimed.not_tried.append(event.settle(shipment, now))
                else:
                    claimed.flights.append(self._flight(unit.org_id, event, shipment, now, cut_off_at))

    def _flight(
        self, org_id: OrgId, event: OutboxEvent, shipment: Shipment, now: datetime, cut_off_at: float
    ) -> Flight:
        lease = self._lease(now)
        return Flight(
            org_id=org_id,
            event=event.claim(lease),
            lease_token=lease.token,
            shipment=shipment,
            cut_off_at=cut_off_at,
        )

    def _lease(self, now: datetime) -> Lease:
        ends = now + timedelta(seconds=self.rules.lease_seconds)
        return Lease(token=self.ids.new(), runner=self.runner, started_at=now, expires_at=ends)
