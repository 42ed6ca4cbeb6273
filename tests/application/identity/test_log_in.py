from typing import Any
from uuid import UUID

import anyio
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from application.tenancy.create_org import CreatedOrg
from application.tenancy.operate_orgs import SetOrgStatus, SetOrgStatusHandler
from domain.identity.actor import Role
from domain.identity.errors import EmailTaken, InvalidCredentials, OrgSuspended, PasswordRefused
from domain.identity.membership import MembershipStatus
from domain.shared.errors import Invalid, Unauthenticated
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus, SlugTaken
from tests.support.clock import FixedClock
from tests.support.identity import IDS, a_membership
from tests.support.login import CHEAP, PASSWORD, Desk, caller
from tests.support.meanwhile import Meanwhile


def names() -> tuple[str, str]:
    """A new slug and a new address."""
    tail = IDS.new().hex[-12:]
    return f"org-{tail}", f"olive-{tail}@acme.example"


async def test_an_owner_logs_in_to_the_new_organisation(desk: Desk) -> None:
    slug, email = names()
    created = await desk.create_org(slug, email)
    assert created.temp_password is None
    tokens = await desk.log_in(email.upper())
    claims = desk.tokens.verify(tokens.access_token)
    assert (claims.org_id, claims.user_id, claims.role) == (created.org_id, created.user_id, Role.OWNER)
    assert (claims.session_id, claims.generation) == (tokens.session.id, 1)
    assert not tokens.must_change_password
    assert len(tokens.refresh_token) == 43


async def test_an_owner_without_a_password_gets_a_temporary_one(desk: Desk, clock: FixedClock) -> None:
    slug, email = names()
    created = await desk.create_org(slug, email, None)
    assert created.temp_password is not None
    assert (await desk.log_in(email, created.temp_password)).must_change_password
    clock.advance(minutes=1440)
    with pytest.raises(InvalidCredentials):
        await desk.log_in(email, created.temp_password)


async def test_a_known_owner_keeps_the_own_password(desk: Desk) -> None:
    (first_slug, email), (second_slug, _) = names(), names()
    first = await desk.create_org(first_slug, email)
    second = await desk.create_org(second_slug, email.title(), "another long pass phrase")
    assert second.user_id == first.user_id
    assert second.temp_password is None
    with pytest.raises(InvalidCredentials):
        await desk.log_in(email, "another long pass phrase")
    assert (await desk.log_in(email, org_slug=second_slug)).org_id == second.org_id


async def test_a_birth_is_whole_or_nothing(desk: Desk) -> None:
    (slug, email), (_, other) = names(), names()
    await desk.create_org(slug, email)
    with pytest.raises(SlugTaken):
        await desk.create_org(slug, other)
    with pytest.raises(InvalidCredentials):
        await desk.log_in(other)
    for bad_slug in ("ab", "admin", "Acme", "a--b", "-ab", "x" * 41):
        with pytest.raises(Invalid):
            await desk.create_org(bad_slug, other)
    for bad_email in ("nobody", "a@b", "", "a b@c.example", "a\x00@c.example", "x" * 250 + "@c.example"):
        with pytest.raises(Invalid):
            await desk.create_org(names()[0], bad_email)
    with pytest.raises(PasswordRefused):
        await desk.create_org(names()[0], other, "short")


async def test_of_two_births_at_once_with_one_new_owner_one_is_refused_whole(desk: Desk) -> None:
    tail = IDS.new().hex[-10:]
    email = f"olive-{tail}@acme.example"
    outcomes: list[str] = []

    async def found(number: int) -> None:
        try:
            await desk.create_org(f"org-{number}-{tail}", email)
        except EmailTaken:
            outcomes.append("refused")
        else:
            outcomes.append("born")

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(found, number)
    person = await desk.log_in(email)
    belongings = len((await desk.me(caller(person))).memberships)
    assert belongings == outcomes.count("born") >= 1


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " ", "x" * 10_000, "\x00"])
async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(desk: Desk, password: str) -> None:
    slug, email = names()
    await desk.create_org(slug, email)
    with pytest.raises(InvalidCredentials) as wrong:
        await desk.log_in(email, password)
    with pytest.raises(InvalidCredentials) as unknown:
        await desk.log_in(names()[1], password)
    assert wrong.value.detail == unknown.value.detail
    assert wrong.value.members == unknown.value.members == {}


async def test_a_refused_login_is_one_insert_for_known_and_unknown(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    desk = Desk(memory_uow, clock)
    slug, email = names()
    created = await desk.create_org(slug, email)
    audited = len(memory_uow.orgs[created.org_id].audit)
    for address in (email, "unknown@acme.example"):
        with pytest.raises(InvalidCredentials):
            await desk.log_in(address, "wrong")
    known, unknown = memory_uow.shared.auth_failures
    assert (known.purpose, known.ip, len(known.email_key)) == ("login", desk.origin.ip, 32)
    assert known.email_key != unknown.email_key
    assert len(memory_uow.orgs[created.org_id].audit) == audited
    await desk.log_in(email)
    assert len(memory_uow.shared.auth_failures) == 2
    assert memory_uow.orgs[created.org_id].audit[-1]["action"] == "login"


async def test_the_organisation_is_chosen_or_named(desk: Desk, clock: FixedClock) -> None:
    (first_slug, email), (second_slug, _) = names(), names()
    first = await desk.create_org(first_slug, email)
    clock.advance(minutes=1)
    second = await desk.create_org(second_slug, email)
    assert (await desk.log_in(email)).org_id == first.org_id  # the oldest membership
    clock.advance(minutes=1)
    assert (await desk.log_in(email, org_id=second.org_id)).org_id == second.org_id
    clock.advance(minutes=1)
    assert (await desk.log_in(email)).org_id == second.org_id  # the latest session
    assert (await desk.log_in(email, org_id=first.org_id, org_slug=first_slug)).org_id == first.org_id
    for wrong in (second_slug, "no-such-org"):
        with pytest.raises(Invalid):
            await desk.log_in(email, org_id=first.org_id, org_slug=wrong)


async def test_an_organisation_where_one_is_not_active_answers_like_a_wrong_password(
    desk: Desk, uow: UnitOfWork, clock: FixedClock
) -> None:
    (slug, email), (other_slug, other) = names(), names()
    created = await desk.create_org(slug, email)
    elsewhere = await desk.create_org(other_slug, other)
    attempts = [
        {"org_id": elsewhere.org_id},
        {"org_slug": other_slug},
        {"org_slug": "no-such-org"},
        {"org_id": OrgId(UUID(int=0))},
    ]
    for attempt in attempts:
        with pytest.raises(InvalidCredentials):
            await desk.log_in(email, **attempt)  # type: ignore[arg-type]  # one or the other
    for status in (MembershipStatus.INACTIVE, MembershipStatus.INVITED):
        async with uow.begin(created.org_id) as unit:
            await unit.memberships.save(a_membership(created.user_id, clock.now(), status=status))
        with pytest.raises(InvalidCredentials):
            await desk.log_in(email)


async def test_a_suspended_organisation_is_told_only_after_the_right_password(
    desk: Desk, uow: UnitOfWork, clock: FixedClock
) -> None:
    slug, email = names()
    await desk.create_org(slug, email)
    tokens = await desk.log_in(email)
    operate = SetOrgStatusHandler(uow, clock)
    assert await operate.handle(SetOrgStatus(slug, OrgStatus.SUSPENDED))
    assert not await operate.handle(SetOrgStatus(slug, OrgStatus.SUSPENDED))
    with pytest.raises(InvalidCredentials):
        await desk.log_in(email, "wrong")
    with pytest.raises(OrgSuspended):
        await desk.log_in(email)
    with pytest.raises(OrgSuspended):
        await desk.refresh(tokens.refresh_token)
    assert await operate.handle(SetOrgStatus(slug, OrgStatus.ACTIVE))
    assert (await desk.log_in(email)).org_id == tokens.org_id


async def test_every_kind_of_stranger_costs_the_same_statements_and_one_full_hash(
    postgres_uow: PostgresUnitOfWork, postgres_engine: AsyncEngine, clock: FixedClock
) -> None:
    desk = Desk(postgres_uow, clock)
    (slug, email), (other_slug, _) = names(), names()
    created = await desk.create_org(slug, email)
    await desk.create_org(other_slug, names()[1])
    (gone_slug, gone), (_, temporary) = names(), names()
    gone_org = await desk.create_org(gone_slug, gone)
    async with postgres_uow.begin(gone_org.org_id) as unit:
        left = a_membership(gone_org.user_id, clock.now(), status=MembershipStatus.INACTIVE)
        await unit.memberships.save(left)
    await desk.create_org(names()[0], temporary, None)
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    async def cost(address: str, password: str, **where: Any) -> tuple[list[str], int]:
        seen.clear()
        hashes = CHEAP.served
        with pytest.raises(InvalidCredentials):
            await desk.log_in(address, password, **where)
        return list(seen), CHEAP.served - hashes

    event.listen(postgres_engine.sync_engine, "before_cursor_execute", note)
    try:
        wrong = await cost(email, "wrong")
        clock.advance(days=2)
        assert wrong[1] == 1
        assert wrong == await cost(names()[1], "wrong")  # unknown
        assert wrong == await cost(gone, PASSWORD)  # disabled
        assert wrong == await cost(temporary, "wrong")  # its temporary password is over
        elsewhere = await cost(email, PASSWORD, org_slug=other_slug)
        assert elsewhere == await cost(names()[1], PASSWORD, org_slug=other_slug)
        assert elsewhere == await cost(email, PASSWORD, org_slug="no-such-org")
    finally:
        event.remove(postgres_engine.sync_engine, "before_cursor_execute", note)
    assert (await desk.log_in(email)).org_id == created.org_id


async def test_two_organisations_for_one_new_owner_at_once_make_one_person(desk: Desk) -> None:
    (first, email), (second, _) = names(), names()
    owners: list[CreatedOrg] = []

    async def found(slug: str) -> None:
        owners.append(await desk.create_org(slug, email, None))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(found, first)
        tasks.start_soon(found, second)
    assert owners[0].user_id == owners[1].user_id
    passwords = [made.temp_password for made in owners if made.temp_password is not None]
    assert len(passwords) == 1
    assert (await desk.log_in(email, passwords[0], org_slug=first)).role is Role.OWNER
    assert (await desk.log_in(email, passwords[0], org_slug=second)).role is Role.OWNER


async def test_a_temporary_password_changed_meanwhile_needs_no_second_change(
    uow: UnitOfWork, clock: FixedClock
) -> None:
    slug, email = names()
    desk, meanwhile = Desk(uow, clock), Meanwhile(uow)
    temporary = (await desk.create_org(slug, email, None)).temp_password or ""
    actor = caller(await desk.log_in(email, temporary))
    meanwhile.happens = lambda: desk.change_password(actor, temporary, PASSWORD)
    late = await Desk(meanwhile, clock).log_in(email, temporary)
    with pytest.raises(Unauthenticated):
        await desk.change_password(caller(late), PASSWORD, PASSWORD + "!")  # dead at its birth
    assert not (await desk.log_in(email)).must_change_password


async def test_a_temporary_password_past_its_time_changes_nothing(desk: Desk, clock: FixedClock) -> None:
    slug, email = names()
    temporary = (await desk.create_org(slug, email, None)).temp_password or ""
    clock.advance(minutes=1439)
    actor = caller(await desk.log_in(email, temporary))
    clock.advance(minutes=1)
    with pytest.raises(InvalidCredentials):
        await desk.change_password(actor, temporary, PASSWORD)


async def test_no_login_survives_a_suspension_that_overtook_it(uow: UnitOfWork, clock: FixedClock) -> None:
    slug, email = names()
    desk, meanwhile = Desk(uow, clock), Meanwhile(uow)
    await desk.create_org(slug, email)
    operate = SetOrgStatusHandler(uow, clock)
    meanwhile.happens = lambda: operate.handle(SetOrgStatus(slug, OrgStatus.SUSPENDED))
    late = await Desk(meanwhile, clock).log_in(email)
    await operate.handle(SetOrgStatus(slug, OrgStatus.ACTIVE))
    with pytest.raises(Unauthenticated):
        await desk.step_up(caller(late))
