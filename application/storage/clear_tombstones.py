"""Deleting what must be gone, some at a time, beside any number of others at it."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import anyio

from application.ports.clock import Clock
from application.ports.object_storage import ObjectStorage
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.errors import DomainError
from domain.shared.ids import TombstoneId
from domain.storage.tombstone import Persistence, Tombstone, TombstoneState

LEASE = timedelta(minutes=5)
"""Longer than a batch takes. Whoever comes after it deletes once more what is gone, which harms nobody."""
AT_ONCE = 8

logger = logging.getLogger("sweepline.storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class JanitorRules:
    batch_size: int
    persistence: Persistence


@dataclass(frozen=True, slots=True)
class ClearTombstones:
    """Of the actor's organisation, until nothing is due, for at most so long."""

    budget_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class JanitorReport:
    """`processed` are gone, `failed` are not; of these, `stuck` are tried by the day from now on."""

    processed: int = 0
    failed: int = 0
    stuck: int = 0

    def __add__(self, other: "JanitorReport") -> "JanitorReport":
        return JanitorReport(
            self.processed + other.processed, self.failed + other.failed, self.stuck + other.stuck
        )


@dataclass(frozen=True, slots=True)
class ClearTombstonesHandler:
    """Claim, delete, settle: two transactions, and the store between them. What a crash leaves in the middle
    is leased, and due again when the lease ends."""

    uow: UnitOfWork
    clock: Clock
    storage: ObjectStorage
    rules: JanitorRules

    async def handle(self, actor: Actor, command: ClearTombstones) -> JanitorReport:
        actor.require(Need.ADMIN)
        report, give_up_at = JanitorReport(), time.monotonic() + command.budget_seconds
        while time.monotonic() < give_up_at:
            batch = await self._claim(actor)
            if not batch:
                break
            report += await self._settle(actor, await self._delete_all(batch))
        return report

    @retrying
    async def _claim(self, actor: Actor) -> Sequence[Tombstone]:
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.tombstones.claim_due(self.clock.now(), LEASE, self.rules.batch_size)

    async def _delete_all(self, batch: Sequence[Tombstone]) -> Mapping[TombstoneId, str | None]:
        """What went wrong with each; None if it is gone. The store is asked for a few at a time."""
        outcomes: dict[TombstoneId, str | None] = {}
        places = anyio.Semaphore(AT_ONCE)

        async def delete(tombstone: Tombstone) -> None:
            async with places:
                try:
                    await self.storage.delete(tombstone.key, tombstone.stored_key)
                    outcomes[tombstone.id] = None
                except DomainError as error:
                    outcomes[tombstone.id] = error.code
                except Exception:  # it must not hold up its neighbours
                    logger.exception("object not deleted")
                    outcomes[tombstone.id] = "unexpected"

        async with anyio.create_task_group() as tasks:
            for tombstone in batch:
                tasks.start_soon(delete, tombstone)
        return outcomes

    @retrying
    async def _settle(self, actor: Actor, outcomes: Mapping[TombstoneId, str | None]) -> JanitorReport:
        gone = [one for one, error in outcomes.items() if error is None]
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            left = await unit.tombstones.lock([one for one, error in outcomes.items() if error is not None])
            failed = [one.fail(now, outcomes[one.id] or "", self.rules.persistence) for one in left]
            await unit.tombstones.save(failed)
            await unit.tombstones.remove(gone)
        stuck = sum(one.state is TombstoneState.STUCK for one in failed)
        return JanitorReport(len(gone), len(failed), stuck)
