"""One pass over the outbox: claim what is due, let it fly, write down how it landed."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import anyio
from anyio.abc import TaskGroup

from application.delivery.airspace import Airspace
from application.delivery.circuit_gate import CircuitGate
from application.delivery.claims import Claimed, Claims, Wish
from application.delivery.slots import DeliverySlots
from application.delivery.tally import Tally
from application.ports.circuit_breakers import Admission
from application.ports.clock import Clock
from application.ports.outbox import DueMessage
from application.ports.unit_of_work import UnitOfWork
from domain.shared.errors import DomainError
from domain.shared.ids import EventId, OrgId

logger = logging.getLogger(__name__)
ORGS_AT_ONCE = 500
LOOK_AGAIN_SECONDS = 1.0
CARRIER_SECONDS = 0.25
"""After which it is seen whether there is a carrier now."""


@dataclass(slots=True, kw_only=True)
class OutboxPass:
    """No claim after `open_until`, on the monotonic clock.

    A message is tried at most once in a pass. What becomes due meanwhile is taken too, so a target that
    hangs keeps nobody else waiting for the next pass. Claiming and settling go on side by side."""

    uow: UnitOfWork
    clock: Clock
    claims: Claims
    airspace: Airspace
    slots: DeliverySlots
    gate: CircuitGate
    tally: Tally
    open_until: float
    is_stopping: Callable[[], bool]
    only: OrgId | None = None  # whose messages; None: everybody's
    kind: str | None = None  # None: all
    _after: OrgId | None = None
    _left: Sequence[DueMessage] = ()  # what the last look found beyond its own round: it serves the next one
    _is_crowded_out: bool = False  # other passes of this process have the places that it needs
    _trouble: Exception | None = None

    async def run(self) -> Tally:
        """Raises Unavailable if the database went away; what was in flight has landed by then."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.airspace.keep_settling)
                await self._keep_claiming(tasks)
                tasks.cancel_scope.cancel()
        except BaseException:
            await self.airspace.clear()
            raise
        if self._trouble is not None:
            raise self._trouble
        is_late = anyio.current_time() >= self.open_until
        self.tally.out_of_time = is_late or bool(self.airspace.untried)
        return self.tally

    async def _keep_claiming(self, tasks: TaskGroup) -> None:
        """Until nothing is left, neither to claim nor in flight."""
        while True:
            settled = self.airspace.next_settling()
            if await self._claim(tasks):
                continue
            if self.airspace.in_flight:
                with anyio.move_on_after(LOOK_AGAIN_SECONDS) as waiting:
                    await settled.wait()
                if waiting.cancelled_caught:
                    self.airspace.untried.clear()
            elif self._is_crowded_out and not self._is_closed():
                await anyio.sleep(LOOK_AGAIN_SECONDS)
            elif self.airspace.untried and not self._is_closed():
                await anyio.sleep(CARRIER_SECONDS)
                self.airspace.untried.clear()
            elif not settled.is_set():  # else what had to wait for it may go now
                return

    async def _claim(self, tasks: TaskGroup) -> bool:
        """Whether any message moved, so that looking again at once may find more."""
        self._is_crowded_out = self.slots.open <= 0
        if self._is_crowded_out or self._is_closed():
            return False
        moved = False
        try:
            gate = await self.gate.look(self.kind)
            for kind in gate.on_trial:
                moved = await self._try_one(tasks, kind) or moved
            moved = await self._next_round(tasks, gate.kinds) or moved
        except DomainError as trouble:
            self._trouble = trouble
            return False
        return moved or self._after is not None

    async def _next_round(self, tasks: TaskGroup, kinds: Collection[str] | None) -> bool:
        """Every second one looks: a message of somebody new waits one round more for it at most."""
        if self._left:
            due, self._left = self._left, ()
            if await self._start(tasks, self.slots.choose(due), kinds):
                return True
        due = await self._due(kinds)
        chosen = self.slots.choose(due)
        self._is_crowded_out = bool(due) and not chosen
        moved = await self._start(tasks, chosen, kinds)
        if moved and self._after is None:
            taken = {event_id for event_ids in chosen.values() for event_id in event_ids}
            failed = self.tally.orgs_failed
            self._left = [m for m in due if m.event_id not in taken and m.org_id not in failed]
        return moved

    async def _try_one(self, tasks: TaskGroup, kind: str) -> bool:
        """One message finds out whether the world is back."""
        due = await self._due([kind])
        self._after = None
        if not due or (admission := await self.gate.admit(kind)) is None:
            return False
        first = due[0]
        return await self._start(tasks, {first.org_id: [first.event_id]}, [kind], admission)

    async def _start(
        self,
        tasks: TaskGroup,
        chosen: Mapping[OrgId, Sequence[EventId]],
        kinds: Collection[str] | None,
        admission: Admission | None = None,
    ) -> bool:
        """Whether any message moved: so many of each organisation's as were chosen, whichever come first now.

        The places are taken at once, as other passes of this process choose too; those that no message got
        are given back."""
        places = {org_id: len(event_ids) for org_id, event_ids in chosen.items()}
        left = dict(places)
        for org_id, count in places.items():
            self.slots.take(org_id, count)
        moved, flew = False, False
        try:
            for org_id, count in places.items():
                if self._is_closed():
                    break
                claimed = await self._claim_of(
                    Wish(org_id=org_id, most=count, kinds=_sorted(kinds), admission=admission)
                )
                left[org_id] -= len(claimed.flights)
                for flight in claimed.flights:
                    tasks.start_soon(self.airspace.fly, flight)
                flew = flew or bool(claimed.flights)
                moved = moved or bool(claimed.flights or claimed.not_tried)
        finally:
            for org_id, count in left.items():
                self.slots.give_back(org_id, count)
        if not flew:
            await self.gate.give_back(admission)
        return moved

    async def _due(self, kinds: Collection[str] | None) -> list[DueMessage]:
        if kinds is not None and not kinds:
            return []
        not_now, wanted = self._not_now(), _sorted(kinds)
        if self.only is not None:
            return await self._due_of(self.only, not_now, wanted)
        async with self.uow.begin_global() as unit:
            due = await unit.due_messages.list_due(
                self.clock.now(),
                after=self._after,
                orgs=ORGS_AT_ONCE,
                per_org=self._enough + len(not_now),
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
                self.clock.now(), kinds=kinds, limit=self._enough + len(not_now)
            )
        return [DueMessage(org_id, event_id) for event_id in due if event_id not in not_now]

    async def _claim_of(self, wish: Wish) -> Claimed:
        free = not self.slots.quarantine_busy
        try:
            claimed = await self.claims.claim(replace(wish, not_these=self._not_now(), quarantine_free=free))
        except Exception:
            logger.exception("claiming failed", extra={"org_id": str(wish.org_id)})
            self.tally.orgs_failed.add(wish.org_id)
            return Claimed()
        self._note(wish.org_id, claimed)
        return claimed

    def _note(self, org_id: OrgId, claimed: Claimed) -> None:
        self.tally.orgs.add(org_id)
        self.tally.claimed += len(claimed.flights)
        self.tally.count(claimed.not_tried)
        for flight in claimed.flights:
            self.airspace.add(flight)
        self.airspace.in_quarantine.update(event.id for event in claimed.must_wait)

    @property
    def _enough(self) -> int:
        """For this round and the next one."""
        return max(self.slots.open, self.slots.total)

    def _not_now(self) -> set[EventId]:
        return self.airspace.due_again | self.airspace.untried | self.airspace.in_quarantine

    def _is_closed(self) -> bool:
        return self._trouble is not None or self.is_stopping() or anyio.current_time() >= self.open_until


def _sorted(kinds: Collection[str] | None) -> Sequence[str] | None:
    return None if kinds is None else sorted(kinds)
