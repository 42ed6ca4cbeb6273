"""The storage janitor (field page, §9 "Delete", and F18), on memory and on PostgreSQL."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import anyio
import pytest
from uuid_utils.compat import uuid7

from adapters.cryptography.file_links import HmacFileLinks
from adapters.memory.object_storage import MemoryObjectStorage
from application.ports.unit_of_work import UnitOfWork
from application.storage.clear_tombstones import (
    LEASE,
    ClearTombstones,
    ClearTombstonesHandler,
    JanitorReport,
    JanitorRules,
)
from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import OrgId
from domain.storage.errors import StorageRejected, StorageUnavailable
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import Persistence, Tombstone, TombstoneState, tombstones_of
from tests.support.clock import FixedClock
from tests.support.photo_keys import photo_keys

FIVE = Persistence(most_attempts=5, interval_seconds=30)


@dataclass
class Storeroom:
    """One organisation's photos, and the janitor."""

    uow: UnitOfWork
    clock: FixedClock
    org_id: OrgId
    batch_size: int = 50
    store: MemoryObjectStorage = field(default_factory=lambda: MemoryObjectStorage(HmacFileLinks(b"k" * 32)))

    @property
    def janitor(self) -> ClearTombstonesHandler:
        rules = JanitorRules(batch_size=self.batch_size, persistence=FIVE)
        return ClearTombstonesHandler(self.uow, self.clock, self.store, rules)

    async def clear(self) -> JanitorReport:
        actor = Actor(org_id=self.org_id, kind=ActorKind.JOB, name="job:storage-janitor")
        return await self.janitor.handle(actor, ClearTombstones())

    async def bury(self) -> PhotoKeys:
        """A photo whose row is gone, with a copy under every name that it may have."""
        keys = photo_keys(self.org_id)
        self.store.objects.update(dict.fromkeys(keys.every, b"a private picture"))
        async with self.uow.begin(self.org_id) as unit:
            await unit.tombstones.add(tombstones_of(keys, self.clock.now(), lambda: UUID(int=uuid7().int)))
        return keys

    async def left(self) -> list[Tombstone]:
        async with self.uow.begin(self.org_id) as unit:
            return list(await unit.tombstones.list_range(None, limit=99, offset=0))


@pytest.fixture
def room(uow: UnitOfWork, clock: FixedClock, an_org: OrgId) -> Storeroom:
    return Storeroom(uow, clock, an_org)


async def test_after_a_round_no_copy_is_left_under_any_name(room: Storeroom) -> None:
    room.store.objects["orders/somebody/else.jpg"] = b"kept"
    await room.bury()
    room.batch_size = 3
    assert await room.clear() == JanitorReport(processed=10)
    assert set(room.store.objects) == {"orders/somebody/else.jpg"}
    assert await room.left() == []


async def test_what_is_not_there_is_done(room: Storeroom) -> None:
    await room.bury()
    room.store.objects.clear()
    assert await room.clear() == JanitorReport(processed=10)


@pytest.mark.parametrize("error", [StorageUnavailable(), StorageRejected()])
async def test_a_store_that_fails_five_times_and_comes_back_keeps_nothing(
    room: Storeroom, error: StorageUnavailable | StorageRejected
) -> None:
    await room.bury()
    room.store.fault = error
    waits = []
    for attempt in range(1, 6):
        assert await room.clear() == JanitorReport(failed=10, stuck=10 * (attempt == 5))
        assert await room.clear() == JanitorReport()  # not before its time
        (due_at,) = {one.next_attempt_at for one in await room.left()}
        waits.append(due_at - room.clock.now())
        room.clock.set(due_at)
    assert waits == [*(timedelta(seconds=30 * 2**n) for n in range(4)), timedelta(days=1)]
    assert {(one.state, one.last_error) for one in await room.left()} == {(TombstoneState.STUCK, error.code)}
    assert len(room.store.objects) == 10
    room.store.fault = None
    assert await room.clear() == JanitorReport(processed=10)
    assert (room.store.objects, await room.left()) == ({}, [])


async def test_a_store_that_stays_away_is_tried_every_day_and_never_called_done(room: Storeroom) -> None:
    await room.bury()
    room.store.fault = StorageUnavailable()
    for _ in range(8):
        await room.clear()
        room.clock.set(max(one.next_attempt_at for one in await room.left()))
    left = await room.left()
    assert {(one.state, one.attempts) for one in left} == {(TombstoneState.STUCK, 8)}
    assert len(left) == 10


async def test_a_crash_between_the_store_and_the_row_is_made_good_when_the_lease_ends(
    room: Storeroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.bury()

    async def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ClearTombstonesHandler, "_settle", die)
        with pytest.raises(KeyboardInterrupt):
            await room.clear()
    assert room.store.objects == {}
    assert await room.clear() == JanitorReport()
    room.clock.advance(seconds=LEASE.total_seconds())
    assert await room.clear() == JanitorReport(processed=10)
    assert await room.left() == []


async def test_one_that_cannot_be_deleted_holds_up_no_neighbour(
    room: Storeroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await room.bury()
    delete = room.store.delete

    async def delete_but_one(self: MemoryObjectStorage, key: str, stored_key: str | None) -> None:
        if key == keys.original:
            raise ValueError("a bug of ours")
        await delete(key, stored_key)

    monkeypatch.setattr(MemoryObjectStorage, "delete", delete_but_one)
    assert await room.clear() == JanitorReport(processed=9, failed=1)
    (left,) = await room.left()
    assert (left.key, left.last_error) == (keys.original, "unexpected")


async def test_many_at_once_do_each_once(room: Storeroom) -> None:
    for _ in range(3):
        await room.bury()
    room.batch_size = 4
    reports: list[JanitorReport] = []

    async def run() -> None:
        reports.append(await room.clear())

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(run)
    assert sum(report.processed for report in reports) == 30
    assert room.store.calls == 30
    assert (room.store.objects, await room.left()) == ({}, [])


async def test_another_organisation_s_wait_for_their_own_round(room: Storeroom, rival: OrgId) -> None:
    theirs = Storeroom(room.uow, room.clock, rival, store=room.store)
    await theirs.bury()
    assert await room.clear() == JanitorReport()
    assert len(room.store.objects) == 10
