from dataclasses import replace
from datetime import timedelta

import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.identity.errors import EmailTaken
from domain.identity.membership import MembershipStatus
from domain.shared.errors import NotFound
from domain.shared.ids import OrgId, UserId
from tests.support.clock import FixedClock
from tests.support.identity import IDS, a_membership, a_person, a_session, join


async def test_a_person_is_found_however_the_address_is_written(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person = a_person(clock.now())
    async with uow.begin(an_org) as unit:
        await unit.persons.add(person)
    async with uow.begin_global() as shared:
        assert await shared.persons.get(person.id) == person
        assert await shared.persons.find_by_email(f"  {person.email.upper()} ") == person
        assert await shared.persons.find_by_email("nobody@example.com") is None
        with pytest.raises(NotFound):
            await shared.persons.get(UserId(IDS.new()))


async def test_an_address_belongs_to_one_person(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    person = a_person(clock.now())
    async with uow.begin(an_org) as unit:
        await unit.persons.add(person)
    with pytest.raises(EmailTaken):
        async with uow.begin(an_org) as unit:
            await unit.persons.add(a_person(clock.now(), email=person.email.title()))


async def test_a_change_is_seen_by_all_when_its_unit_ends(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    async with uow.begin(an_org) as unit:
        changed = (await unit.persons.lock(person.id)).temp_password_given(clock.now())
        await unit.persons.save(changed)
        assert await unit.persons.get(person.id) == changed
    async with uow.begin_global() as shared:
        assert await shared.persons.get(person.id) == changed


async def test_a_failed_unit_changes_nobody(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    person = await join(uow, an_org, clock.now())

    async def fail() -> None:
        async with uow.begin(an_org) as unit:
            await unit.persons.save((await unit.persons.lock(person.id)).logged_out_everywhere())
            await unit.person_secrets.set_password(person.id, "hash")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with uow.begin_global() as shared:
        assert await shared.persons.get(person.id) == person
        secret = await shared.person_secrets.for_login(person.email)
    assert secret is not None
    assert secret.password_hash is None


async def test_a_secret_is_reached_by_address_and_by_person_alone(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    async with uow.begin(an_org) as unit:
        await unit.person_secrets.set_password(person.id, "first")
        await unit.person_secrets.set_password(person.id, "second")
        await unit.person_secrets.rehash(person.id, "first", "lost race")
    async with uow.begin_global() as shared:
        by_email = await shared.person_secrets.for_login(person.email.upper())
        by_id = await shared.person_secrets.for_step_up(person.id)
        assert by_email == by_id
        assert by_id is not None
        assert by_id.password_hash == "second"
        assert await shared.person_secrets.for_login("nobody@example.com") is None
        assert await shared.person_secrets.for_step_up(UserId(IDS.new())) is None
    async with uow.begin(an_org) as unit:
        await unit.person_secrets.rehash(person.id, "second", "third")
        known = await unit.person_secrets.for_step_up(person.id)
    assert known is not None
    assert known.password_hash == "third"


async def test_a_membership_is_seen_in_its_organisation_alone(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now(), role=Role.ADMIN, name="Ada")
    async with uow.begin(rival) as unit:
        assert await unit.memberships.find(person.id) is None
        with pytest.raises(NotFound):
            await unit.memberships.lock(person.id)
    async with uow.begin(an_org) as unit:
        found = await unit.memberships.lock(person.id)
        assert found == a_membership(person.id, clock.now(), role=Role.ADMIN, name="Ada")
        changed = replace(found, role=Role.VIEWER, last_login_at=clock.now(), version=2)
        await unit.memberships.save(changed)
    async with uow.begin(an_org) as unit:
        assert await unit.memberships.find(person.id) == changed


async def test_somebody_s_belongings_are_told_before_an_organisation_is_known(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now(), role=Role.OWNER)
    await join(uow, rival, clock.now() - timedelta(days=1), person, status=MembershipStatus.INACTIVE)
    session = a_session(person, clock.now())
    async with uow.begin(an_org) as unit:
        await unit.sessions.add(session)
    async with uow.begin_global() as shared:
        older, newer = await shared.belongings.of(person.id, clock.now())
        assert await shared.belongings.of(UserId(IDS.new()), clock.now()) == ()
        later = await shared.belongings.of(person.id, session.ends_at)
    assert (older.org_id, older.active, older.last_session_at, older.open_sessions) == (rival, False, None, 0)
    assert (newer.org_id, newer.role, newer.active, newer.org_active) == (an_org, Role.OWNER, True, True)
    assert (newer.last_session_at, newer.open_sessions) == (session.created_at, 1)
    assert later[1].open_sessions == 0
