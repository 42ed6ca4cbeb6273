"""How often a code may be tried, and who passes a full bucket."""

from dataclasses import replace

import anyio
import anyio.lowlevel
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.identity.log_in import RefusalPace
from application.identity.second_factor import NO_PROOF
from application.tenancy.operate_orgs import SetOrgStatus, SetOrgStatusHandler
from domain.identity.errors import (
    InvalidCredentials,
    InvalidMfaCode,
    MfaRequired,
    OrgSuspended,
    Overloaded,
    TooManyTries,
)
from domain.shared.errors import Invalid
from domain.tenancy.org import OrgStatus
from tests.support.authenticator import FULL_WIDTH
from tests.support.clock import FixedClock
from tests.support.factors import an_owner, an_owner_with_a_factor, code, recovery
from tests.support.identity import an_address
from tests.support.login import PASSWORD, Desk


async def test_one_code_fifty_times_at_once_is_one_login(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    clock.advance(minutes=5)
    proof, outcomes = code(owner.phone.code()), []

    async def one() -> None:
        origin = replace(desk.origin, ip=an_address())
        try:
            await desk.log_in(owner.email, proof=proof, origin=origin)
        except (InvalidMfaCode, TooManyTries, Overloaded) as refused:
            outcomes.append(refused.code)
        else:
            outcomes.append("ok")

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(one)
    assert len(outcomes) == 50
    assert outcomes.count("ok") == 1


async def test_five_wrong_codes_shut_the_factor_for_five_minutes(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    actor = await owner.actor()
    clock.advance(minutes=5)
    for proof in (
        code("no code"),
        recovery("no code"),
        code(owner.phone.wrong()),
        code(""),
        code(FULL_WIDTH),
    ):
        with pytest.raises(InvalidMfaCode):
            await owner.log_in(proof)
    for attempt in (
        owner.log_in,
        lambda: owner.log_in(recovery(owner.recovery_codes[0])),
        lambda: desk.step_up(actor, proof=code(owner.phone.next())),
        lambda: desk.enroll(actor, code(owner.phone.next())),
        lambda: desk.renew_recovery_codes(actor, owner.phone.next()),
        lambda: desk.disable(actor, code(owner.phone.next())),
    ):
        with pytest.raises(TooManyTries):
            await attempt()
    with pytest.raises(MfaRequired, match="required"):
        await desk.log_in(owner.email)
    clock.advance(minutes=5)
    await owner.log_in()


async def test_a_wrong_password_never_counts_against_the_factor(memory_desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(memory_desk, clock)
    for _ in range(9):
        with pytest.raises(InvalidCredentials):
            await memory_desk.log_in(owner.email, "a wrong password, indeed", proof=code("000000"))
    await owner.log_in()


async def test_the_rightful_owner_passes_a_full_bucket_by_password_and_code(
    desk: Desk, clock: FixedClock
) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    for _ in range(10):
        origin = replace(desk.origin, ip=an_address())
        with pytest.raises(InvalidCredentials):
            await desk.log_in(owner.email, "a wrong password, indeed", origin=origin)
    away = replace(desk.origin, ip=an_address())
    refusals = []
    for password, proof in (
        (PASSWORD, NO_PROOF),
        (PASSWORD, code(owner.phone.wrong())),
        (PASSWORD, recovery(owner.recovery_codes[0])),
        ("a wrong password, indeed", code(owner.phone.next())),
        ("a wrong password, indeed", NO_PROOF),
    ):
        with pytest.raises(TooManyTries) as refused:
            await desk.log_in(owner.email, password, proof=proof, origin=away)
        refusals.append((refused.value.detail, refused.value.retry_after_seconds))
    assert len({detail for detail, _ in refusals}) == 1
    tokens = await desk.log_in(owner.email, proof=code(owner.phone.code()), origin=away)
    assert tokens.session.mfa_verified
    with pytest.raises(TooManyTries):  # the bucket is as full as before
        await desk.log_in(owner.email, "a wrong password, indeed", origin=away)


async def test_without_a_factor_nobody_passes_a_full_bucket(memory_desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(memory_desk, clock)
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await memory_desk.log_in(owner.email, "a wrong password, indeed")
    with pytest.raises(TooManyTries):
        await memory_desk.log_in(owner.email, proof=code("123456"))


async def test_a_suspension_is_told_after_the_factor(memory_desk: Desk, clock: FixedClock) -> None:
    desk = memory_desk
    owner = await an_owner_with_a_factor(desk, clock)
    async with desk.uow.begin_global() as shared:
        org = await shared.directory.by_id(owner.org_id)
    assert org is not None
    await SetOrgStatusHandler(desk.uow, clock).handle(SetOrgStatus(org.slug, OrgStatus.SUSPENDED))
    with pytest.raises(MfaRequired):
        await desk.log_in(owner.email)
    proof = code(owner.phone.next())
    for _ in range(2):  # nobody got in, so the code is not spent
        with pytest.raises(OrgSuspended):
            await owner.log_in(proof)


@pytest.mark.parametrize("password", [PASSWORD, "a wrong password, indeed"])
async def test_past_a_full_bucket_every_refusal_waits_for_its_time(
    memory_uow: MemoryUnitOfWork, clock: FixedClock, password: str
) -> None:
    """How far a try came before it failed is not to be read from a watch."""
    desk = Desk(memory_uow, clock, refusal_pace=RefusalPace(3600))
    owner = await an_owner_with_a_factor(desk, clock)
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await desk.log_in(owner.email, "a wrong password, indeed")
    on_record, told = len(memory_uow.shared.auth_failures), []

    async def attempt() -> None:
        try:
            await desk.log_in(owner.email, password, proof=code(owner.phone.wrong()))
        except TooManyTries:
            told.append("refused")

    async with anyio.create_task_group() as group:
        group.start_soon(attempt)
        while len(memory_uow.shared.auth_failures) == on_record:
            await anyio.lowlevel.checkpoint()
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
        assert told == []
        group.cancel_scope.cancel()


async def test_a_named_organisation_that_is_another_costs_no_try(
    memory_desk: Desk, clock: FixedClock
) -> None:
    owner = await an_owner_with_a_factor(memory_desk, clock)
    for _ in range(12):
        with pytest.raises(Invalid):
            await memory_desk.log_in(owner.email, org_id=owner.org_id, org_slug="no-such-org")
    await owner.log_in()
