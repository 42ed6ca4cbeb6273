"""The operator's view of what a store still holds and must not."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.shared.errors import NotFound
from domain.shared.ids import TombstoneId
from domain.storage.tombstone import Tombstone, TombstoneState


@dataclass(frozen=True, slots=True)
class ListTombstones:
    state: TombstoneState | None
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class ListTombstonesHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListTombstones) -> tuple[Sequence[Tombstone], int]:
        """A page, and how many there are."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            page = await unit.tombstones.list_range(command.state, limit=command.limit, offset=command.offset)
            return page, await unit.tombstones.count(command.state)


@dataclass(frozen=True, slots=True)
class RetryTombstone:
    tombstone_id: TombstoneId


@dataclass(frozen=True, slots=True)
class RetryTombstoneHandler:
    """The janitor takes it at its next round, with all attempts before it."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: RetryTombstone) -> Tombstone:
        """Raises NotFound: also when the object is gone by now."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            found = await unit.tombstones.lock([command.tombstone_id])
            if not found:
                raise NotFound("tombstone_id")
            tombstone = found[0].retry(self.clock.now())
            await unit.tombstones.save([tombstone])
            await unit.audit.record(
                actor,
                "tombstone_retry",
                "storage_tombstone",
                tombstone.id,
                before={"state": found[0].state.value, "attempts": found[0].attempts},
                after={"state": tombstone.state.value, "attempts": tombstone.attempts},
            )
            await unit.seal(tombstone)
        return tombstone
