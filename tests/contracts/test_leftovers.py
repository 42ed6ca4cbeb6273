from datetime import timedelta

import pytest

from application.ports.idempotency import KEPT_FOR
from application.ports.unit_of_work import UnitOfWork
from domain.identity.link import Link, LinkPurpose
from domain.identity.once import Once, StoredAnswer
from domain.shared.ids import LinkId, OrgId
from domain.tenancy.org import OrgStatus
from tests.support.clock import FixedClock
from tests.support.identity import IDS, a_session, join

ENOUGH = 100


async def use_a_key(uow: UnitOfWork, org_id: OrgId, key: str) -> None:
    once = Once(
        caller="caller",
        key=key,
        method="POST",
        path="/v1/x",
        body_sha256=b"x" * 32,
        answer=lambda _result: StoredAnswer(201, b"{}"),
    )
    async with uow.begin(org_id, once=once) as unit:
        await unit.seal(None)


async def orgs_with_leftovers(uow: UnitOfWork, clock: FixedClock) -> list[OrgId]:
    async with uow.begin_global() as unit:
        return list(await unit.leftover_orgs.list_orgs(clock.now()))


async def purge(uow: UnitOfWork, org_id: OrgId, clock: FixedClock, limit: int = ENOUGH) -> int:
    async with uow.begin(org_id) as unit:
        return await unit.leftovers.purge(clock.now(), limit)


async def test_keys_go_when_their_day_is_over(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    await use_a_key(uow, an_org, "old")
    clock.advance(hours=1)
    await use_a_key(uow, an_org, "new")
    clock.set(clock.now() + KEPT_FOR - timedelta(hours=1, microseconds=1))
    assert an_org not in await orgs_with_leftovers(uow, clock)
    assert await purge(uow, an_org, clock) == 0
    clock.set(clock.now() + timedelta(microseconds=1))
    assert an_org in await orgs_with_leftovers(uow, clock)
    assert await purge(uow, an_org, clock) == 1
    assert an_org not in await orgs_with_leftovers(uow, clock)


async def test_sessions_go_when_nothing_can_renew_them(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    session = a_session(person, clock.now())
    async with uow.begin(an_org) as unit:
        await unit.sessions.add(session)
    clock.set(session.refresh_expires_at - timedelta(microseconds=1))
    assert await purge(uow, an_org, clock) == 0
    clock.set(session.refresh_expires_at)
    assert an_org in await orgs_with_leftovers(uow, clock)
    assert await purge(uow, an_org, clock) == 1
    async with uow.begin(an_org) as unit:
        assert await unit.sessions.find(session.id) is None


@pytest.mark.parametrize("end", ["used", "voided", "expired"])
async def test_links_go_a_day_after_they_were_made_once_they_open_nothing(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, end: str
) -> None:
    person = await join(uow, an_org, clock.now())
    purpose = LinkPurpose.PASSWORD_RESET if end == "expired" else LinkPurpose.INVITATION
    link = Link.to(person, purpose, LinkId(IDS.new()), IDS.secret(32), clock.now())
    async with uow.begin(an_org) as unit:
        await unit.links.add(link)
        if end == "used":
            await unit.links.save(link.used(clock.now()))
        elif end == "voided":
            await unit.links.void(person.id, purpose, clock.now())
    clock.set(link.created_at + timedelta(days=1, microseconds=-1))
    assert an_org not in await orgs_with_leftovers(uow, clock)
    assert await purge(uow, an_org, clock) == 0
    clock.set(link.created_at + timedelta(days=1))
    assert an_org in await orgs_with_leftovers(uow, clock)
    assert await purge(uow, an_org, clock) == 1
    assert an_org not in await orgs_with_leftovers(uow, clock)
    async with uow.begin(an_org) as unit:
        assert await unit.links.find(link.token_sha256) is None


async def test_an_open_invitation_stays_however_old(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    """Who was invited is told until when, also afterwards."""
    person = await join(uow, an_org, clock.now())
    link = Link.to(person, LinkPurpose.INVITATION, LinkId(IDS.new()), IDS.secret(32), clock.now())
    async with uow.begin(an_org) as unit:
        await unit.links.add(link)
    clock.advance(days=400)
    assert an_org not in await orgs_with_leftovers(uow, clock)
    assert await purge(uow, an_org, clock) == 0


async def test_a_long_list_goes_in_parts(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    for number in range(5):
        await use_a_key(uow, an_org, f"key-{number}")
    clock.set(clock.now() + KEPT_FOR)
    assert [await purge(uow, an_org, clock, 2) for _ in range(4)] == [2, 2, 1, 0]


async def test_nobody_purges_what_is_anothers(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    await use_a_key(uow, an_org, "key")
    clock.set(clock.now() + KEPT_FOR)
    assert await purge(uow, rival, clock) == 0
    assert rival not in await orgs_with_leftovers(uow, clock)


async def test_suspended_organisations_are_passed_over(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await use_a_key(uow, an_org, "key")
    clock.set(clock.now() + KEPT_FOR)
    async with uow.begin_global() as unit:
        await unit.directory.set_status(an_org, OrgStatus.SUSPENDED)
    assert an_org not in await orgs_with_leftovers(uow, clock)
