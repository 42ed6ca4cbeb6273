from datetime import timedelta

import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.identity.link import Link, LinkPurpose
from domain.identity.person import Person
from domain.shared.ids import LinkId, OrgId
from tests.support.clock import FixedClock
from tests.support.identity import IDS, join

RESET, INVITATION = LinkPurpose.PASSWORD_RESET, LinkPurpose.INVITATION


def a_link(person: Person, clock: FixedClock, purpose: LinkPurpose = RESET) -> Link:
    return Link.to(person, purpose, LinkId(IDS.new()), IDS.secret(32), clock.now())


async def test_a_link_is_found_by_its_hash_in_its_organisation_alone(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    link = a_link(person, clock)
    async with uow.begin(an_org) as unit:
        await unit.links.add(link)
        assert await unit.links.find(link.token_sha256) == link
        await unit.links.save(link.used(clock.now()))
    async with uow.begin(an_org) as unit:
        assert await unit.links.find(link.token_sha256) == link.used(clock.now())
    async with uow.begin(rival) as unit:
        assert await unit.links.find(link.token_sha256) is None
    async with uow.begin_global() as shared:
        assert await shared.link_owners.find(link.token_sha256) == an_org
        assert await shared.link_owners.find(IDS.secret(32)) is None


async def test_voiding_ends_what_is_open_of_one_purpose(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person, other = await join(uow, an_org, clock.now()), await join(uow, an_org, clock.now())
    used, reset = a_link(person, clock).used(clock.now()), a_link(person, clock)
    invitation, theirs = a_link(person, clock, INVITATION), a_link(other, clock)
    async with uow.begin(an_org) as unit:
        for link in (used, reset, invitation, theirs):
            await unit.links.add(link)
        assert await unit.links.void(person.id, RESET, clock.now()) == [reset.id]
        assert await unit.links.void(person.id, RESET, clock.now()) == []
    async with uow.begin(an_org) as unit:
        found = await unit.links.find(reset.token_sha256)
        assert found is not None
        assert found.voided_at == clock.now()
        assert await unit.links.find(invitation.token_sha256) == invitation
        assert await unit.links.find(theirs.token_sha256) == theirs


async def test_links_are_counted_whatever_became_of_them(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person, since = await join(uow, an_org, clock.now()), clock.now()
    async with uow.begin(an_org) as unit:
        await unit.links.add(a_link(person, clock).used(clock.now()))  # at that very instant: not after it
        clock.advance(minutes=1)
        await unit.links.add(a_link(person, clock).used(clock.now()))
        await unit.links.add(a_link(person, clock))
        await unit.links.add(a_link(person, clock, INVITATION))
        assert await unit.links.count_since(person.id, RESET, since) == 2
        assert await unit.links.count_since(person.id, RESET, clock.now()) == 0


@pytest.mark.parametrize(
    ("purpose", "minutes"), [(RESET, 30), (INVITATION, 72 * 60)], ids=["reset", "invitation"]
)
def test_a_link_opens_until_its_time_is_over(purpose: LinkPurpose, minutes: int, clock: FixedClock) -> None:
    person = Person(id=IDS.new(), email="dan@acme.example", created_at=clock.now())  # type: ignore[arg-type]  # any id
    link = a_link(person, clock, purpose)
    other = INVITATION if purpose is RESET else RESET
    last = clock.now() + timedelta(minutes=minutes, microseconds=-1)
    assert link.opens(purpose, person, last)
    assert not link.opens(purpose, person, last + timedelta(microseconds=1))
    assert not link.opens(other, person, last)
    assert not link.used(last).opens(purpose, person, last)
    changed = person.password_changed()
    assert link.opens(purpose, changed, last) is (purpose is INVITATION)
