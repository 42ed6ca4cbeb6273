"""Ends the leases of runners that are known to be dead, so that their messages need not wait for it.

What follows is what always follows on a lease that ran out: the attempt is lost, it counts, the message is
due again. A lease that is not found here runs out by itself."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from application.delivery.job_table import RUNNER
from application.delivery.rules import Channels
from application.ports.clock import Clock
from application.ports.outbox import DueMessage
from application.ports.runner_lives import RunnerLives
from application.ports.unit_of_work import UnitOfWork
from domain.shared.errors import DomainError
from domain.shared.ids import EventId, OrgId

_LOOKS = 3
"""A claim may still be committed a moment after its runner died."""


@dataclass(slots=True, kw_only=True)
class EndDeadLeasesHandler:
    uow: UnitOfWork
    clock: Clock
    channels: Channels
    lives: RunnerLives
    _looked: Counter[str] = field(default_factory=Counter)

    async def handle(self) -> bool:
        """Whether any was ended. While nobody died it costs one look at the pulses."""
        dead = await self._newly_dead()
        if not dead:
            return False
        now, kinds = self.clock.now(), sorted(self.channels.by_kind)
        async with self.uow.begin_global() as unit:
            held = await unit.due_messages.list_held(dead, now, kinds=kinds)
        ended = await self._end_all(held, dead)
        self._looked.update(dead)
        return ended

    async def _newly_dead(self) -> Sequence[str]:
        async with self.uow.begin_global() as unit:
            pulses = await unit.heartbeats.list_all()
        heard = {runner for pulse in pulses if pulse.name == RUNNER for runner in pulse.runners}
        self._looked = Counter({name: looks for name, looks in self._looked.items() if name in heard})
        return [name for name in sorted(heard) if self._looked[name] < _LOOKS and self.lives.is_dead(name)]

    async def _end_all(self, held: Sequence[DueMessage], dead: Collection[str]) -> bool:
        """An organisation that is in trouble keeps no other waiting. Raises the first trouble in the end."""
        by_org: dict[OrgId, list[EventId]] = {}
        for message in held:
            by_org.setdefault(message.org_id, []).append(message.event_id)
        ended, trouble = False, list[DomainError]()
        for org_id, event_ids in by_org.items():
            try:
                ended = await self._end(org_id, event_ids, dead) or ended
            except DomainError as error:
                trouble.append(error)
        if trouble:
            raise trouble[0]
        return ended

    async def _end(self, org_id: OrgId, event_ids: Sequence[EventId], dead: Collection[str]) -> bool:
        async with self.uow.begin(org_id) as unit:
            now = self.clock.now()
            found = await unit.outbox_queue.lock(event_ids)
            theirs = [event for event in found.values() if event.lease_runner in dead]
            ended = [event.end_lease(now) for event in theirs if event.is_leased(now)]
            await unit.outbox_queue.save(ended)
        return bool(ended)
