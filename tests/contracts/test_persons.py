from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.identity.errors import EmailTaken
from domain.identity.membership import MembershipStatus
from domain.identity.second_factor import Factor
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


SEALED, PENDING = b"sealed" * 8, b"pending" * 8


async def a_person_with_a_factor(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> UserId:
    person = await join(uow, org_id, clock.now())
    async with uow.begin(org_id) as unit:
        await unit.person_secrets.set_password(person.id, "hash")
        await unit.person_secrets.set_pending(person.id, PENDING, clock.now())
        await unit.person_secrets.set_factor(person.id, SEALED, 100, [b"one", b"two"])
    return person.id


async def factor_of(uow: UnitOfWork, user_id: UserId) -> Factor:
    async with uow.begin_global() as shared:
        secret = await shared.person_secrets.for_step_up(user_id)
        person = await shared.persons.get(user_id)
        assert await shared.person_secrets.for_login(person.email) == secret
    assert secret is not None
    return secret.factor


async def test_a_factor_is_pending_then_on_then_off(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    user_id = await a_person_with_a_factor(uow, an_org, clock)
    assert await factor_of(uow, user_id) == Factor(secret=SEALED, last_step=100)
    async with uow.begin(an_org) as unit:
        await unit.person_secrets.set_pending(user_id, PENDING, clock.now())
    on = Factor(secret=SEALED, last_step=100, pending=PENDING, pending_until=clock.now())
    assert await factor_of(uow, user_id) == on
    async with uow.begin(an_org) as unit:
        await unit.person_secrets.set_password(user_id, "another")
        await unit.person_secrets.set_recovery_codes(user_id, [b"three"])
    assert await factor_of(uow, user_id) == on
    async with uow.begin(an_org) as unit:
        assert not await unit.person_secrets.spend_recovery_code(user_id, [b"one", b"two"])
        await unit.person_secrets.set_factor(user_id, None, 0, [])
        assert not await unit.person_secrets.spend_recovery_code(user_id, [b"three"])
        assert not await unit.person_secrets.spend_step(user_id, SEALED, 101)
    assert await factor_of(uow, user_id) == Factor()


async def test_who_has_no_secrets_gets_no_factor(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    person = await join(uow, an_org, clock.now())
    async with uow.begin(an_org) as unit:
        await unit.person_secrets.set_pending(person.id, PENDING, clock.now())
        await unit.person_secrets.set_factor(person.id, SEALED, 1, [b"one"])
        await unit.person_secrets.set_recovery_codes(person.id, [b"one"])
        assert not await unit.person_secrets.spend_recovery_code(person.id, [b"one"])
    assert await factor_of(uow, person.id) == Factor()


async def test_a_step_is_spent_once_and_none_before_it(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    user_id = await a_person_with_a_factor(uow, an_org, clock)
    async with uow.begin(an_org) as unit:
        spent = [await unit.person_secrets.spend_step(user_id, SEALED, step) for step in (100, 102, 102, 101)]
        assert not await unit.person_secrets.spend_step(user_id, PENDING, 103)
    assert spent == [False, True, False, False]
    assert (await factor_of(uow, user_id)).last_step == 102


async def test_a_recovery_code_is_spent_once(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    user_id = await a_person_with_a_factor(uow, an_org, clock)
    async with uow.begin(an_org) as unit:
        spent = [await unit.person_secrets.spend_recovery_code(user_id, [b"one", b"x"]) for _ in range(2)]
    async with uow.begin(an_org) as unit:
        spent.append(await unit.person_secrets.spend_recovery_code(user_id, [b"y", b"two"]))
    assert spent == [True, False, True]


@pytest.mark.parametrize("deed", ["step", "recovery code"])
async def test_of_many_at_once_one_spends(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, deed: str
) -> None:
    user_id = await a_person_with_a_factor(uow, an_org, clock)
    spent: list[bool] = []

    async def spend(org_id: OrgId) -> None:
        async with uow.begin(org_id) as unit:
            secrets = unit.person_secrets
            if deed == "step":
                spent.append(await secrets.spend_step(user_id, SEALED, 101))
            else:
                spent.append(await secrets.spend_recovery_code(user_id, [b"one"]))

    async with anyio.create_task_group() as group:
        for _ in range(25):
            group.start_soon(spend, an_org)
            group.start_soon(spend, rival)
    assert sorted(spent) == [False] * 49 + [True]


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
