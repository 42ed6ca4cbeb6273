import pytest

from application.ports.unit_of_work import UnitOfWork
from application.ports.users import User, UserFilter
from domain.identity.actor import Role
from domain.identity.link import Link, LinkPurpose
from domain.identity.membership import MembershipStatus
from domain.shared.errors import NotFound
from domain.shared.ids import LinkId, OrgId, UserId
from tests.support.clock import FixedClock
from tests.support.identity import IDS, a_person, join

ALL = UserFilter()


async def listed(uow: UnitOfWork, org_id: OrgId, wanted: UserFilter = ALL) -> list[User]:
    async with uow.begin(org_id) as unit:
        return await unit.users.list_page(wanted, None, 100)


async def test_members_are_seen_by_their_own_organisation_alone(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now(), role=Role.FINANCE, name="Dan")
    await join(uow, rival, clock.now(), person, role=Role.VIEWER)
    theirs = await join(uow, rival, clock.now())
    async with uow.begin(an_org) as unit:
        user = await unit.users.get(person.id)
        assert (user.role, user.name, user.email) == (Role.FINANCE, "Dan", person.email)
        for stranger in (theirs.id, UserId(IDS.new())):
            with pytest.raises(NotFound):
                await unit.users.get(stranger)
    assert await listed(uow, an_org) == [user]


async def test_pages_go_by_address_then_id(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    tail = IDS.new().hex[-12:]
    for name in ("b", "Z", "a", "ä", "A-"):
        async with uow.begin(an_org) as unit:
            person = a_person(clock.now(), email=f"{name}{tail}@acme.example")
            await unit.persons.add(person)
        await join(uow, an_org, clock.now(), person)
    everybody = await listed(uow, an_org)
    addresses = [user.email for user in everybody]
    assert addresses == [f"{name}{tail}@acme.example" for name in ("a-", "a", "b", "z", "ä")]
    pages: list[User] = []
    async with uow.begin(an_org) as unit:
        while page := await unit.users.list_page(
            ALL, (pages[-1].email, pages[-1].user_id) if pages else None, 2
        ):
            pages += page
    assert pages == everybody


async def test_filters_and_the_beginning_of_address_or_name(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    now = clock.now()
    dan = await join(uow, an_org, now, role=Role.ADMIN, name="Dan Straße")
    eve = await join(uow, an_org, now, role=Role.VIEWER, status=MembershipStatus.INACTIVE)

    async def found(**wanted: object) -> set[UserId]:
        users = await listed(uow, an_org, UserFilter(**wanted))  # type: ignore[arg-type]  # a test's own
        return {user.user_id for user in users}

    assert await found(role=Role.ADMIN) == {dan.id}
    assert await found(status=MembershipStatus.INACTIVE) == {eve.id}
    assert await found(role=Role.ADMIN, status=MembershipStatus.INACTIVE) == set()
    assert await found(q="dan strass") == {dan.id}
    assert await found(q="straße") == set()
    assert await found(q=eve.email[:8].upper()) >= {eve.id}
    assert await found(q="%") == set()


async def test_an_open_invitation_shows_its_end_and_nothing_of_the_person(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    now = clock.now()
    person = a_person(now, mfa_enabled=True).temp_password_given(now)
    async with uow.begin(an_org) as unit:
        await unit.persons.add(person)
    invited = MembershipStatus.INVITED
    await join(uow, an_org, now, person, status=invited, joined=False, last_login_at=now)
    link = Link.to(person, LinkPurpose.INVITATION, LinkId(IDS.new()), IDS.secret(32), now)
    async with uow.begin(an_org) as unit:
        await unit.links.add(link)
        user = await unit.users.get(person.id)
        assert user.invitation_expires_at == link.expires_at
        assert (user.mfa_enabled, user.must_change_password, user.last_login_at) == (False, False, None)
        member = (await unit.memberships.lock(person.id)).accepted(now)
        await unit.memberships.save(member)
        accepted = await unit.users.get(person.id)
        assert (accepted.mfa_enabled, accepted.must_change_password) == (True, True)
        assert (accepted.last_login_at, accepted.invitation_expires_at) == (now, None)
        assert accepted.digest != user.digest


async def test_active_owners_are_counted(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    owner = Role.OWNER
    await join(uow, an_org, clock.now(), role=owner)
    await join(uow, an_org, clock.now(), role=owner, status=MembershipStatus.INACTIVE)
    await join(uow, an_org, clock.now(), role=owner, status=MembershipStatus.INVITED)
    await join(uow, an_org, clock.now(), role=Role.ADMIN)
    async with uow.begin(an_org) as unit:
        assert await unit.memberships.count_active_owners() == 1


async def test_a_person_s_memberships_elsewhere_are_known_inside_a_unit(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    await join(uow, rival, clock.now(), person, status=MembershipStatus.INVITED)
    async with uow.begin(an_org) as unit:
        belongings = await unit.belongings.of(person.id, clock.now())
    assert {belonging.org_id for belonging in belongings} == {an_org, rival}
