"""One pass over the outbox: claim what is due, let it fly, write down how it landed."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from application.delivery.channel import Receipt
from application.delivery.circuit_gate import CircuitGate
from application.delivery.claims import Claimed, Claims, Flight
from application.delivery.settling import Landing, Settling, fly
from application.delivery.slots import DeliverySlots
from application.ports.circuit_breakers import Admission
from application.ports.clock import Clock
from application.ports.outbox import DueMessage
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.shared.errors import DomainError, Unavailable
from domain.shared.ids import EventId, OrgId

logger = logging.getLogger(__name__)
ORGS_AT_ONCE = 500
LOOK_AGAIN_SECONDS = 1.0
RELEASE_SECONDS = 3.0
GATHER_SECONDS = 0.02
"""How long the first one that lands waits for others: they are settled together, and their places filled."""


@dataclass(slots=True)
class Tally:
    claimed: int = 0
    sent: int = 0
    retry: int = 0
    dead: int = 0
    skipped: int = 0
    orgs: set[OrgId] = field(default_factory=set)
    orgs_failed: set[OrgId] = field(default_factory=set)
    out_of_time: bool = False

    def add(self, other: "Tally") -> None:
        for counted in ("claimed", "sent", "retry", "dead", "skipped"):
            setattr(self, counted, getattr(self, counted) + getattr(other, counted))
        self.orgs |= other.orgs
        self.orgs_failed |= other.orgs_failed
        self.out_of_time = self.out_of_time or other.out_of_time

    def count(self, events: Iterable[OutboxEvent]) -> None:
        for event in events:
            self.sent += event.outcome is EventOutcome.DELIVERED
            self.retry += event.status is EventStatus.RETRY
            self.dead += event.status is EventStatus.DEAD
            self.skipped += event.outcome in {EventOutcome.SKIPPED, EventOutcome.SUPPRESSED}


@dataclass(slots=True, kw_only=True)
class OutboxPass:
    """No claim after `open_until`, no attempt after `ends_at`, both on the monotonic clock.

    A message is tried at most once in a pass. What becomes due meanwhile is taken too, so a target that
    hangs keeps nobody else waiting for the next pass."""

    uow: UnitOfWork
    clock: Clock
    claims: Claims
    settling: Settling
    slots: DeliverySlots
    gate: CircuitGate
    open_until: float
    ends_at: float
    is_stopping: Callable[[], bool]
    only: OrgId | None = None  # whose messages; None: everybody's
    kind: str | None = None  # of that one's, None: all
    tally: Tally = field(default_factory=Tally)
    _flights: dict[EventId, Flight] = field(default_factory=dict)
    _landings: list[Landing] = field(default_factory=list)
    _aside: set[EventId] = field(default_factory=set)  # not again in this pass
    _in_quarantine: set[EventId] = field(default_factory=set)  # not before the one in flight has landed
    _after: OrgId | None = None
    _bell: anyio.Event = field(default_factory=anyio.Event)
    _trouble: Exception | None = None

    async def run(self) -> Tally:
        """Raises Unavailable if the database went away; what was in flight has landed by then."""
        try:
            async with anyio.create_task_group() as tasks:
                await self._work(tasks)
        except BaseException:
            with anyio.CancelScope(shield=True), anyio.move_on_after(RELEASE_SECONDS):
                await self._hand_back()
            raise
        if self._trouble is not None:
            raise self._trouble
        self.tally.out_of_time = anyio.current_time() >= self.open_until
        return self.tally

    async def _work(self, tasks: TaskGroup) -> None:
        while True:
            await self._settle()
            progress = await self._claim(tasks)
            if not progress and not self._flights:
                return
            if not progress:
                await self._wait()

    async def _claim(self, tasks: TaskGroup) -> bool:
        """Whether any message moved, so that looking again at once may find more."""
        if self.slots.open <= 0 or self._trouble or self._is_closed():
            return False
        moved = False
        try:
            gate = await self.gate.look(self.kind)
            for kind in gate.on_trial:
                moved = await self._try_one(tasks, kind) or moved
            due = await self._due(gate.kinds)
        except DomainError as trouble:
            self._trouble = trouble
            return False
        for org_id, event_ids in self.slots.choose(due).items():
            moved = await self._start(tasks, org_id, event_ids) or moved
        return moved or (self._after is not None)

    async def _try_one(self, tasks: TaskGroup, kind: str) -> bool:
        """One message finds out whether the world is back."""
        due = await self._due([kind])
        self._after = None
        if not due or (admission := await self.gate.admit(kind)) is None:
            return False
        first = due[0]
        return await self._start(tasks, first.org_id, [first.event_id], admission)

    async def _start(
        self,
        tasks: TaskGroup,
        org_id: OrgId,
        event_ids: list[EventId],
        admission: Admission | None = None,
    ) -> bool:
        """Whether any of them moved."""
        claimed = await self._claim_of(org_id, event_ids, admission)
        self._note(org_id, event_ids, claimed)
        for flight in claimed.flights:
            tasks.start_soon(self._fly, flight)
        if not claimed.flights:
            await self.gate.give_back(admission)
        return bool(claimed.flights or claimed.not_tried)

    async def _due(self, kinds: Collection[str] | None) -> list[DueMessage]:
        if kinds is not None and not kinds:
            return []
        not_now = self._aside | self._in_quarantine
        wanted = None if kinds is None else sorted(kinds)
        if self.only is not None:
            return await self._due_of(self.only, not_now, wanted)
        async with self.uow.begin_global() as unit:
            due = await unit.due_messages.list_due(
                self.clock.now(),
                after=self._after,
                orgs=ORGS_AT_ONCE,
                per_org=self.slots.open + len(not_now),
                kinds=wanted,
            )
        page_is_full = len({message.org_id for message in due}) == ORGS_AT_ONCE
        self._after = due[-1].org_id if page_is_full else None
        return [m for m in due if m.event_id not in not_now and m.org_id not in self.tally.orgs_failed]

    async def _due_of(
        self, org_id: OrgId, not_now: set[EventId], kinds: Sequence[str] | None
    ) -> list[DueMessage]:
        if org_id in self.tally.orgs_failed:
            return []
        async with self.uow.begin(org_id) as unit:
            due = await unit.outbox_queue.due_ids(
                self.clock.now(), kinds=kinds, limit=self.slots.open + len(not_now)
            )
        return [DueMessage(org_id, event_id) for event_id in due if event_id not in not_now]

    async def _claim_of(
        self, org_id: OrgId, event_ids: list[EventId], admission: Admission | None
    ) -> Claimed:
        free = not self.slots.quarantine_busy
        try:
            return await self.claims.claim(org_id, event_ids, quarantine_free=free, admission=admission)
        except Exception:
            logger.exception("claiming failed", extra={"org_id": str(org_id)})
            self.tally.orgs_failed.add(org_id)
            return Claimed()

    def _note(self, org_id: OrgId, asked: list[EventId], claimed: Claimed) -> None:
        self.tally.orgs.add(org_id)
        self.tally.claimed += len(claimed.flights)
        self.tally.count(claimed.not_tried)
        for flight in claimed.flights:
            self.slots.take(org_id)
            self.slots.quarantine_busy |= flight.event.is_quarantined
            self._flights[flight.event.id] = flight
        self._in_quarantine.update(event.id for event in claimed.must_wait)
        self._aside.update(set(asked) - {event.id for event in claimed.changed})  # another runner has them

    async def _fly(self, flight: Flight) -> None:
        outcome: tuple[Receipt | None, Fault | None] = (None, Fault.of("timeout"))
        with anyio.CancelScope(deadline=min(flight.cut_off_at, self.ends_at)):
            outcome = await fly(flight)
        receipt, fault = outcome
        await self.gate.tell(flight.event.kind, flight.admission, fault)
        landing = Landing(flight=flight, finished_at=self.clock.now(), receipt=receipt, fault=fault)
        self._landings.append(landing)
        self._bell.set()

    async def _settle(self) -> None:
        by_org: dict[OrgId, list[Landing]] = {}
        for landing in self._landings:
            by_org.setdefault(landing.flight.org_id, []).append(landing)
        self._landings.clear()
        for org_id, landings in by_org.items():
            try:
                events = await self.settling.settle(org_id, landings)
            except Unavailable:
                self._try_settling_again(landings)
                continue
            except Exception:
                logger.exception("settling failed", extra={"org_id": str(org_id)})
                self.tally.orgs_failed.add(org_id)
                events = []
            self.tally.count(events)
            now = self.clock.now()
            self._aside.update(event.id for event in events if event.is_due(now))
            self._forget(landings)

    def _try_settling_again(self, landings: list[Landing]) -> None:
        """While its lease runs an attempt can still be written down; then another runner has the message."""
        now = self.clock.now()
        held = [landing for landing in landings if not landing.flight.event.is_due(now)]
        self._landings += held
        self._forget(landing for landing in landings if landing not in held)

    def _forget(self, landings: Iterable[Landing]) -> None:
        for landing in landings:
            flight = self._flights.pop(landing.flight.event.id)
            self.slots.give_back(flight.org_id)
            if flight.event.is_quarantined:
                self.slots.quarantine_busy = False
                self._in_quarantine.clear()

    async def _wait(self) -> None:
        with anyio.move_on_after(LOOK_AGAIN_SECONDS):
            await self._bell.wait()
            await anyio.sleep(GATHER_SECONDS)
        self._bell = anyio.Event()

    def _is_closed(self) -> bool:
        return self.is_stopping() or anyio.current_time() >= self.open_until

    async def _hand_back(self) -> None:
        """Cut short: settle what has landed, release what has not."""
        await self._settle()
        by_org: dict[OrgId, list[Flight]] = {}
        for flight in self._flights.values():
            await self.gate.give_back(flight.admission)
            by_org.setdefault(flight.org_id, []).append(flight)
            self.slots.give_back(flight.org_id)
            self.slots.quarantine_busy &= not flight.event.is_quarantined
        self._flights.clear()
        for org_id, flights in by_org.items():
            try:
                await self.settling.release(org_id, flights)
            except Exception:
                logger.exception("releasing failed", extra={"org_id": str(org_id)})
