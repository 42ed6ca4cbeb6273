from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.identity.issuing import IssuedTokens
from application.ports.unit_of_work import UnitOfWork
from domain.identity.errors import (
    InvalidCredentials,
    PasswordRefused,
    RefreshExpired,
    RefreshInvalid,
    RefreshReused,
)
from domain.identity.session import Lifetimes, RevokedReason, SessionState
from domain.shared.errors import Unauthenticated
from tests.support.clock import FixedClock
from tests.support.identity import IDS
from tests.support.login import PASSWORD, Desk, caller

NEW_PASSWORD = "four other words entirely"
STRICT = Lifetimes(reuse_grace=timedelta(0))


async def signed_in(desk: Desk) -> tuple[str, IssuedTokens]:
    tail = IDS.new().hex[-12:]
    email = f"olive-{tail}@acme.example"
    await desk.create_org(f"org-{tail}", email)
    return email, await desk.log_in(email)


async def state_of(desk: Desk, tokens: IssuedTokens) -> tuple[SessionState, RevokedReason | None]:
    async with desk.uow.begin(tokens.org_id) as unit:
        session = await unit.sessions.find(tokens.session.id)
        assert session is not None
        person = await unit.persons.get(session.user_id)
    return session.state(desk.clock.now(), person.auth_epoch), session.revoked_reason


async def test_a_refresh_gives_two_new_tokens_of_the_same_session(desk: Desk, clock: FixedClock) -> None:
    _, first = await signed_in(desk)
    clock.advance(minutes=20)
    second = await desk.refresh(first.refresh_token)
    assert second.session.id == first.session.id
    assert second.session.generation == 2
    assert second.refresh_token != first.refresh_token
    assert second.session.expires_at == first.session.expires_at + timedelta(minutes=20)
    assert desk.tokens.verify(second.access_token).generation == 2
    third = await desk.refresh(second.refresh_token)
    assert third.session.generation == 3


async def test_within_the_grace_the_parent_gets_its_very_child_again(desk: Desk, clock: FixedClock) -> None:
    _, first = await signed_in(desk)
    second = await desk.refresh(first.refresh_token)
    clock.advance(seconds=9)
    again = await desk.refresh(first.refresh_token)
    assert again.refresh_token == second.refresh_token
    assert again.session.generation == second.session.generation
    assert (await desk.refresh(again.refresh_token)).session.generation == 3


@pytest.mark.parametrize("wait", [10, 3600])
async def test_after_the_grace_a_spent_token_ends_its_family(
    desk: Desk, clock: FixedClock, wait: int
) -> None:
    _, first = await signed_in(desk)
    second = await desk.refresh(first.refresh_token)
    clock.advance(seconds=wait)
    with pytest.raises(RefreshReused):
        await desk.refresh(first.refresh_token)
    assert await state_of(desk, second) == (SessionState.REVOKED, RevokedReason.REFRESH_REUSED)
    with pytest.raises(RefreshInvalid):
        await desk.refresh(second.refresh_token)
    with pytest.raises(RefreshReused):
        await desk.refresh(first.refresh_token)


async def test_a_grandparent_has_no_grace(desk: Desk) -> None:
    _, first = await signed_in(desk)
    second = await desk.refresh(first.refresh_token)
    third = await desk.refresh(second.refresh_token)
    with pytest.raises(RefreshReused):
        await desk.refresh(first.refresh_token)
    assert (await state_of(desk, third))[0] is SessionState.REVOKED


@pytest.mark.parametrize("grace", [0, 10])
async def test_fifty_uses_of_one_token_have_one_child(uow: UnitOfWork, clock: FixedClock, grace: int) -> None:
    desk = Desk(uow, clock, replace(STRICT, reuse_grace=timedelta(seconds=grace)))
    _, first = await signed_in(desk)
    children: list[str] = []
    refused: list[str] = []

    async def use() -> None:
        try:
            children.append((await desk.refresh(first.refresh_token)).refresh_token)
        except Unauthenticated as refusal:
            refused.append(refusal.code)

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(use)
    assert len(set(children)) == 1
    if grace:
        assert not refused
    else:
        assert len(children) == 1
        assert refused == ["refresh_reused"] * 49
        assert (await state_of(desk, first))[0] is SessionState.REVOKED


async def test_time_ends_a_refresh_token(desk: Desk, clock: FixedClock) -> None:
    _, first = await signed_in(desk)
    clock.set(first.session.refresh_expires_at - timedelta(seconds=1))
    assert (await state_of(desk, first))[0] is SessionState.DORMANT
    second = await desk.refresh(first.refresh_token)
    clock.set(second.session.refresh_expires_at)
    with pytest.raises(RefreshExpired):
        await desk.refresh(second.refresh_token)


@pytest.mark.parametrize("token", ["", "x", "\x00", "é" * 200, "A" * 43])
async def test_junk_is_no_refresh_token(desk: Desk, token: str) -> None:
    with pytest.raises(RefreshInvalid):
        await desk.refresh(token)


async def test_a_logout_ends_the_session_and_again_changes_nothing(desk: Desk) -> None:
    _, tokens = await signed_in(desk)
    await desk.log_out(caller(tokens))
    await desk.log_out(caller(tokens))
    assert await state_of(desk, tokens) == (SessionState.REVOKED, RevokedReason.LOGOUT)
    with pytest.raises(RefreshInvalid):
        await desk.refresh(tokens.refresh_token)


@pytest.mark.parametrize("keep", [False, True])
async def test_a_logout_everywhere_ends_every_session_in_every_organisation(
    desk: Desk, *, keep: bool
) -> None:
    email, here = await signed_in(desk)
    also_here = await desk.log_in(email)
    there_org = await desk.create_org(f"org-{IDS.new().hex[-12:]}", email)
    there = await desk.log_in(email, org_id=there_org.org_id)
    assert await desk.log_out_everywhere(caller(here), keep_current=keep) == (2 if keep else 3)
    for ended in (also_here, there):
        assert (await state_of(desk, ended))[0] is SessionState.REVOKED
        with pytest.raises(RefreshInvalid):
            await desk.refresh(ended.refresh_token)
    assert (await state_of(desk, here))[0] is (SessionState.LIVE if keep else SessionState.REVOKED)
    if keep:
        assert (await desk.refresh(here.refresh_token)).session.generation == 2
    assert (await desk.log_in(email)).session.auth_epoch == 1


async def test_a_changed_password_ends_every_other_session(desk: Desk) -> None:
    email, here = await signed_in(desk)
    there_org = await desk.create_org(f"org-{IDS.new().hex[-12:]}", email)
    there = await desk.log_in(email, org_id=there_org.org_id)
    renewed = await desk.change_password(caller(here), PASSWORD, NEW_PASSWORD)
    assert renewed.session.id != here.session.id
    assert await state_of(desk, here) == (SessionState.REVOKED, RevokedReason.PASSWORD_CHANGED)
    assert (await state_of(desk, there))[0] is SessionState.REVOKED
    assert (await desk.refresh(renewed.refresh_token)).session.generation == 2
    with pytest.raises(InvalidCredentials):
        await desk.log_in(email)
    assert (await desk.log_in(email, NEW_PASSWORD)).org_id in {here.org_id, there.org_id}


async def test_a_temporary_password_is_over_once_changed(desk: Desk, clock: FixedClock) -> None:
    tail = IDS.new().hex[-12:]
    email = f"olive-{tail}@acme.example"
    temporary = (await desk.create_org(f"org-{tail}", email, None)).temp_password
    assert temporary is not None
    tokens = await desk.log_in(email, temporary)
    assert (await desk.me(caller(tokens))).person.must_change_password
    renewed = await desk.change_password(caller(tokens), temporary, NEW_PASSWORD)
    assert not renewed.must_change_password
    clock.advance(days=9)
    assert not (await desk.log_in(email, NEW_PASSWORD)).must_change_password


async def test_a_password_is_changed_only_with_the_current_one_and_to_a_good_one(desk: Desk) -> None:
    email, tokens = await signed_in(desk)
    with pytest.raises(InvalidCredentials):
        await desk.change_password(caller(tokens), "wrong", NEW_PASSWORD)
    for refused in (PASSWORD, "short", email, "Acme Cleaning!!", "x" * 300):
        with pytest.raises(PasswordRefused) as refusal:
            await desk.change_password(caller(tokens), PASSWORD, refused)
        assert {fault.field for fault in refusal.value.errors} == {"new_password"}
    assert (await state_of(desk, tokens))[0] is SessionState.LIVE
    assert (await desk.log_in(email)).org_id == tokens.org_id


async def test_a_changed_password_is_told_by_mail_and_audited(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    desk = Desk(memory_uow, clock)
    email, tokens = await signed_in(desk)
    await desk.change_password(caller(tokens), PASSWORD, NEW_PASSWORD)
    tables = memory_uow.orgs[tokens.org_id]
    assert [row["action"] for row in tables.audit] == ["org_created", "login", "change_password"]
    (mail,) = tables.outbox.values()
    assert mail.event_type == "password_changed"
    assert mail.payload == {"to": email}
    assert NEW_PASSWORD not in repr(tables)
    assert PASSWORD not in repr(memory_uow.shared)


async def test_a_reuse_is_told_by_mail_once_and_audited(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    desk = Desk(memory_uow, clock, STRICT)
    email, first = await signed_in(desk)
    await desk.refresh(first.refresh_token)
    for _ in range(3):
        with pytest.raises(RefreshReused):
            await desk.refresh(first.refresh_token)
    tables = memory_uow.orgs[first.org_id]
    assert [(row["action"], row["outcome"]) for row in tables.audit][-1] == ("refresh_reused", "refused")
    (mail,) = tables.outbox.values()
    assert (mail.event_type, mail.payload) == ("refresh_reused", {"to": email})


async def test_one_sees_oneself_in_every_organisation(desk: Desk) -> None:
    email, tokens = await signed_in(desk)
    there = await desk.create_org(f"org-{IDS.new().hex[-12:]}", email)
    me = await desk.me(caller(tokens))
    assert me.person.email == email
    assert {membership.org_id for membership in me.memberships} == {tokens.org_id, there.org_id}
    assert {membership.name for membership in me.memberships} == {"Acme Cleaning"}
    assert me.session.fresh_until == desk.clock.now() + timedelta(minutes=5)
