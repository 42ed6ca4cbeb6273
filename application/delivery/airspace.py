"""What one pass has in flight: sent side by side, and written down together as it lands."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

import anyio

from application.delivery.circuit_gate import CircuitGate
from application.delivery.claims import Flight
from application.delivery.settling import Landing, Settling, fly
from application.delivery.slots import DeliverySlots
from application.delivery.tally import Tally
from application.ports.carrier import Carrier, Receipt
from application.ports.clock import Clock
from domain.delivery.faults import Fault
from domain.shared.errors import Unavailable
from domain.shared.ids import EventId, OrgId

logger = logging.getLogger(__name__)
TRY_AGAIN_SECONDS = 1.0
RELEASE_SECONDS = 3.0
GATHER_SECONDS = 0.02
"""How long the first one that lands waits for others at most, so that they are settled together."""


@dataclass(slots=True, kw_only=True)
class Airspace:
    """No attempt goes on after `ends_at`, on the monotonic clock.

    A message keeps its place until its end is written down: what a crash can send twice is in flight."""

    clock: Clock
    carrier: Carrier
    settling: Settling
    slots: DeliverySlots
    gate: CircuitGate
    tally: Tally
    ends_at: float
    in_flight: dict[EventId, Flight] = field(default_factory=dict)
    due_again: set[EventId] = field(default_factory=set)  # tried, and due at once: not again in this pass
    untried: set[EventId] = field(default_factory=set)  # there was no carrier: due, and not at this moment
    in_quarantine: set[EventId] = field(default_factory=set)  # not before the one in flight has landed
    _landings: dict[EventId, Landing] = field(default_factory=dict)  # not yet written down
    _landed: anyio.Event = field(default_factory=anyio.Event)
    _settled: anyio.Event = field(default_factory=anyio.Event)

    def add(self, flight: Flight) -> None:
        """Its place is taken already."""
        self.in_flight[flight.event.id] = flight
        self.slots.quarantine_busy |= flight.event.is_quarantined

    async def fly(self, flight: Flight) -> None:
        outcome: tuple[Receipt | None, Fault | None] = (None, Fault.of("timeout"))
        with anyio.CancelScope(deadline=min(flight.cut_off_at, self.ends_at)):
            outcome = await fly(self.carrier, flight)
        receipt, fault = outcome
        await self.gate.tell(flight.event.kind, flight.admission, fault)
        landing = Landing(flight=flight, finished_at=self.clock.now(), receipt=receipt, fault=fault)
        self._landings[flight.event.id] = landing
        self._landed.set()

    async def keep_settling(self) -> None:
        """Until cancelled."""
        while True:
            await self._gather()
            written = await self._settle()
            self._settled.set()
            if not written:
                await anyio.sleep(TRY_AGAIN_SECONDS)

    def next_settling(self) -> anyio.Event:
        """Set as soon as something more has been written down, so that there is room."""
        self._settled = anyio.Event()
        return self._settled

    async def clear(self) -> None:
        """Cut short: settle what has landed, hand back what has not."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(RELEASE_SECONDS):
            await self._settle()
            await self._release()

    async def _gather(self) -> None:
        """Half of the places are enough: while they are settled and filled again, the other half flies."""
        while not self._landings:
            await self._next_landing()
        with anyio.move_on_after(GATHER_SECONDS):
            while len(self._landings) < min(len(self.in_flight), self.slots.total // 2):
                await self._next_landing()

    async def _next_landing(self) -> None:
        self._landed = anyio.Event()
        await self._landed.wait()

    async def _settle(self) -> bool:
        """Whether there was a database to write to."""
        written = True
        for org_id, landings in _by_org(self._landings.values()).items():
            try:
                events = await self.settling.settle(org_id, landings)
            except Unavailable:
                written = False
                self._forget_overdue(landings)
                continue
            except Exception:
                logger.exception("settling failed", extra={"org_id": str(org_id)})
                self.tally.orgs_failed.add(org_id)
                events = []
            untried = {landing.flight.event.id for landing in landings if not landing.was_tried}
            self.tally.count(events)
            self.tally.claimed -= len(untried)
            self.untried |= untried
            now = self.clock.now()
            again = {e.id for e in events if e.is_due(now) and not e.goes_at_once}
            self.due_again |= again - untried
            self._forget(landings)
        return written

    def _forget_overdue(self, landings: Iterable[Landing]) -> None:
        """While its lease runs an attempt can still be written down; then another runner has the message."""
        now = self.clock.now()
        self._forget(landing for landing in landings if landing.flight.event.is_due(now))

    def _forget(self, landings: Iterable[Landing]) -> None:
        for landing in landings:
            del self._landings[landing.flight.event.id]
            self._leave(landing.flight)

    def _leave(self, flight: Flight) -> None:
        del self.in_flight[flight.event.id]
        self.slots.give_back(flight.org_id)
        if flight.event.is_quarantined:
            self.slots.quarantine_busy = False
            self.in_quarantine.clear()

    async def _release(self) -> None:
        by_org: dict[OrgId, list[Flight]] = {}
        for flight in list(self.in_flight.values()):
            by_org.setdefault(flight.org_id, []).append(flight)
            await self.gate.give_back(flight.admission)
            self._leave(flight)
        for org_id, flights in by_org.items():
            try:
                await self.settling.release(org_id, flights)
            except Exception:
                logger.exception("releasing failed", extra={"org_id": str(org_id)})


def _by_org(landings: Iterable[Landing]) -> dict[OrgId, list[Landing]]:
    found: dict[OrgId, list[Landing]] = {}
    for landing in landings:
        found.setdefault(landing.flight.org_id, []).append(landing)
    return found
