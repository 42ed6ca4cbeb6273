"""A factor is taken away: by its owner, by an owner for a colleague, by the operator."""

from dataclasses import replace

import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.identity.create_user import CreateUser
from application.identity.invitations import AcceptInvitation
from application.identity.reset_temp_password import ResetTempPassword
from application.ports.unit_of_work import UnitOfWork
from domain.identity.errors import (
    InvalidCredentials,
    InvalidMfaCode,
    MfaNotEnrolled,
    MfaRequired,
    PersonInOtherOrg,
)
from domain.identity.membership import MembershipStatus
from domain.identity.person import Person
from domain.shared.errors import NotFound, Unauthenticated
from domain.shared.ids import UserId
from tests.support.clock import FixedClock
from tests.support.factors import an_owner, an_owner_with_a_factor, code, recovery
from tests.support.identity import IDS, a_membership, a_person, join
from tests.support.login import PASSWORD, Desk, caller
from tests.support.personnel import Personnel


async def test_an_owner_turns_the_own_factor_off(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    actor = await owner.actor()
    for user_id in (None, owner.user_id):  # naming oneself needs a code all the same
        with pytest.raises(MfaRequired):
            await desk.disable(actor, user_id=user_id)
        with pytest.raises(InvalidMfaCode):
            await desk.disable(actor, code(owner.phone.wrong()), user_id=user_id)
    assert await desk.disable(actor, recovery(owner.recovery_codes[0])) == owner.user_id
    with pytest.raises(Unauthenticated):
        await desk.step_up(actor)  # ended with it
    tokens = await desk.log_in(owner.email)
    assert not tokens.session.mfa_verified
    with pytest.raises(MfaNotEnrolled):
        await desk.disable(caller(tokens))
    with pytest.raises(MfaNotEnrolled):
        await desk.renew_recovery_codes(caller(tokens), "123456")


async def test_an_owner_helps_a_member_who_lost_the_phone(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    member = await join(desk.uow, owner.org_id, clock.now())
    async with desk.uow.begin(owner.org_id) as unit:
        locked = await unit.persons.lock(member.id)
        await unit.persons.save(locked.factor_turned(on=True))
    actor = await owner.actor()
    with pytest.raises(MfaRequired):
        await desk.disable(replace(actor, mfa_verified=False), user_id=member.id)
    assert await desk.disable(actor, user_id=member.id) == member.id
    async with desk.uow.begin(owner.org_id) as unit:
        person = await unit.persons.get(member.id)
    assert not person.mfa_enabled
    assert person.auth_epoch == 2
    with pytest.raises(MfaNotEnrolled):
        await desk.disable(actor, user_id=member.id)
    with pytest.raises(NotFound):
        await desk.disable(actor, user_id=UserId(IDS.new()))


async def test_who_belongs_elsewhere_too_keeps_the_factor(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(desk, clock)
    stranger = await an_owner_with_a_factor(desk, clock)
    actor = caller(await desk.log_in(owner.email))
    with pytest.raises(NotFound):
        await desk.disable(actor, user_id=stranger.user_id)
    async with desk.uow.begin(owner.org_id) as unit:
        invited = a_membership(stranger.user_id, clock.now(), status=MembershipStatus.INVITED)
        await unit.memberships.add(invited)
    with pytest.raises(MfaNotEnrolled):  # as for an invited person whom nobody else knows
        await desk.disable(actor, user_id=stranger.user_id)
    async with desk.uow.begin(owner.org_id) as unit:
        await unit.memberships.save(replace(invited, status=MembershipStatus.INACTIVE, joined=False))
    with pytest.raises(MfaNotEnrolled):  # so too who was shut out before accepting
        await desk.disable(actor, user_id=stranger.user_id)
    async with desk.uow.begin(owner.org_id) as unit:
        await unit.memberships.save(replace(invited, status=MembershipStatus.ACTIVE))
    with pytest.raises(PersonInOtherOrg):
        await desk.disable(actor, user_id=stranger.user_id)
    await stranger.log_in()


async def test_the_operator_removes_it_for_all_organisations_at_once(
    memory_uow: MemoryUnitOfWork, memory_desk: Desk, clock: FixedClock
) -> None:
    desk = memory_desk
    owner, other = await an_owner_with_a_factor(desk, clock), await an_owner(desk, clock)
    await join(desk.uow, other.org_id, clock.now(), await person_of(desk, owner.user_id))
    actor = await owner.actor()
    assert await desk.remove_lost_factor(owner.email.upper()) == owner.user_id
    for org_id in (owner.org_id, other.org_id):
        rows = [row for row in memory_uow.orgs[org_id].audit if row["action"] == "mfa_disabled"]
        assert [(row["reason"], row["auth_method"]) for row in rows] == [("lost", "operator")]
    with pytest.raises(Unauthenticated):
        await desk.step_up(actor)
    await desk.log_in(owner.email)
    with pytest.raises(MfaNotEnrolled):
        await desk.remove_lost_factor(owner.email)
    with pytest.raises(NotFound):
        await desk.remove_lost_factor("nobody@acme.example")


async def person_of(desk: Desk, user_id: UserId) -> Person:
    async with desk.uow.begin_global() as shared:
        return await shared.persons.get(user_id)


async def test_a_password_that_only_a_factor_let_pass_must_be_changed_afterwards(
    desk: Desk, clock: FixedClock
) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    short = "8 chars!"
    tokens = await desk.change_password(await owner.actor(), PASSWORD, short)
    assert tokens.session.mfa_verified
    tokens = await desk.log_in(owner.email, short, proof=code(owner.phone.next()))
    assert not tokens.must_change_password
    await desk.disable(caller(tokens), code(owner.phone.next()))
    assert (await desk.log_in(owner.email, short)).must_change_password
    assert (await person_of(desk, owner.user_id)).must_change_password


async def test_whoever_gave_the_password_keeps_nothing_once_the_factor_is_gone(
    uow: UnitOfWork, clock: FixedClock
) -> None:
    """The factor had kept the giver out; without it the mailbox must prove itself anew."""
    desk = Personnel(uow, clock)
    owner, other = await an_owner(desk, clock), await an_owner(desk, clock)
    person = replace(a_person(clock.now(), proven_at=clock.now()), mfa_enabled=True)
    async with uow.begin(owner.org_id) as unit:
        await unit.persons.add(person)
    await join(uow, owner.org_id, clock.now(), person)
    boss = caller(await desk.log_in(owner.email))
    given = await desk.reset_temp_password.handle(boss, ResetTempPassword(user_id=person.id))
    assert (await person_of(desk, person.id)).proven_at is not None
    await desk.disable(boss, user_id=person.id)
    temporary, chosen = given.temp_password or "", "what the boss has chosen"
    await desk.change_password(caller(await desk.log_in(person.email, temporary)), temporary, chosen)
    hirer = caller(await desk.log_in(other.email))
    await desk.create_user.handle(hirer, CreateUser(email=person.email))
    (token,) = await desk.tokens_for(other.org_id, person.email, "invitation")
    await desk.accept.handle(desk.origin, AcceptInvitation(token, PASSWORD))
    await desk.log_in(person.email, org_id=other.org_id)
    with pytest.raises(InvalidCredentials):
        await desk.log_in(person.email, chosen)
