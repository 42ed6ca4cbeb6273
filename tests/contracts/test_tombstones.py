"""Objects that must be gone: their port, on memory and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from domain.storage.tombstone import Persistence, Tombstone, TombstoneState, tombstones_of
from tests.support.photo_keys import photo_keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
ONCE = Persistence(most_attempts=1, interval_seconds=30)


def some(org_id: OrgId, at: datetime = NOW) -> tuple[Tombstone, ...]:
    keys = photo_keys(org_id)
    return tombstones_of(keys, at, lambda: UUID(int=uuid7().int), {keys.original: "stored-elsewhere"})


async def add(uow: UnitOfWork, org_id: OrgId, *tombstones: Tombstone) -> None:
    async with uow.begin(org_id) as unit:
        await unit.tombstones.add(tombstones)


async def claim(uow: UnitOfWork, org_id: OrgId, at: datetime = NOW, limit: int = 99) -> list[Tombstone]:
    async with uow.begin(org_id) as unit:
        return list(await unit.tombstones.claim_due(at, LEASE, limit))


async def test_what_was_added_comes_back_leased_for_its_organisation_alone(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    await add(uow, an_org, *(added := some(an_org)))
    assert await claim(uow, rival) == []
    assert await claim(uow, an_org) == [one.claim(NOW, LEASE) for one in added]


async def test_what_is_leased_is_nobody_else_s_until_the_lease_is_over(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    await add(uow, an_org, *some(an_org))
    first = await claim(uow, an_org, limit=4)
    rest = await claim(uow, an_org)
    assert (len(first), len(rest)) == (4, 6)
    assert await claim(uow, an_org, NOW + LEASE - timedelta(seconds=1)) == []
    assert len(await claim(uow, an_org, NOW + LEASE)) == 10


async def test_those_longest_due_come_first(uow: UnitOfWork, an_org: OrgId) -> None:
    (late, *_), (early, *_) = some(an_org), some(an_org, NOW - timedelta(hours=1))
    await add(uow, an_org, late, early, replace(some(an_org)[0], next_attempt_at=NOW + timedelta(seconds=1)))
    assert [one.id for one in await claim(uow, an_org)] == [early.id, late.id]


async def test_two_who_claim_at_once_share(uow: UnitOfWork, an_org: OrgId) -> None:
    await add(uow, an_org, *some(an_org))
    async with uow.begin(an_org) as unit:
        mine = await unit.tombstones.claim_due(NOW, LEASE, 3)
    async with uow.begin(an_org) as unit:
        theirs = await unit.tombstones.claim_due(NOW, LEASE, 99)
    assert {one.id for one in mine} & {one.id for one in theirs} == set()
    assert len(mine) + len(theirs) == 10


async def test_what_failed_is_kept_and_what_is_gone_is_not(uow: UnitOfWork, an_org: OrgId) -> None:
    one, other, *_ = some(an_org)
    await add(uow, an_org, one, other)
    failed = one.fail(NOW, "storage_rejected", ONCE)
    async with uow.begin(an_org) as unit:
        assert set(await unit.tombstones.lock([one.id, other.id])) == {one, other}
        await unit.tombstones.save([failed])
        await unit.tombstones.remove([other.id])
    async with uow.begin(an_org) as unit:
        assert await unit.tombstones.lock([one.id, other.id]) == [failed]
        assert await unit.tombstones.list_range(None, limit=9, offset=0) == [failed]


async def test_they_are_listed_by_state_longest_waiting_first(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    old, new = some(an_org, NOW - timedelta(days=1))[:2], some(an_org)[:2]
    stuck = old[1].fail(NOW, "upstream_unavailable", ONCE)
    await add(uow, an_org, *new, old[0], stuck)
    await add(uow, rival, *some(rival))
    async with uow.begin(an_org) as unit:
        tombstones = unit.tombstones
        assert await tombstones.list_range(None, limit=9, offset=0) == [old[0], stuck, *new]
        assert await tombstones.list_range(None, limit=2, offset=1) == [stuck, new[0]]
        assert await tombstones.list_range(TombstoneState.STUCK, limit=9, offset=0) == [stuck]
        assert await tombstones.list_range(TombstoneState.PENDING, limit=1, offset=1) == [new[0]]
        assert [await tombstones.count(state) for state in (None, *TombstoneState)] == [4, 3, 1]


async def test_the_installation_knows_who_has_something_due(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    async with uow.begin_global() as unit:
        before = await unit.tombstone_orgs.count()
    stuck = some(an_org)[0].fail(NOW, "upstream_unavailable", ONCE)
    await add(uow, an_org, stuck)
    await add(uow, rival, *some(rival))
    async with uow.begin_global() as unit:
        here = {an_org, rival}
        assert here & set(await unit.tombstone_orgs.list_orgs(NOW)) == {rival}
        assert here & set(await unit.tombstone_orgs.list_orgs(NOW + timedelta(days=1))) == here
        after = await unit.tombstone_orgs.count()
    more = {state: after.get(state, 0) - before.get(state, 0) for state in TombstoneState}
    assert more == {TombstoneState.PENDING: 10, TombstoneState.STUCK: 1}
    await claim(uow, rival)
    async with uow.begin_global() as unit:
        assert rival not in await unit.tombstone_orgs.list_orgs(NOW)
