"""The second factor, from enrolment to removal, on both databases."""

from base64 import b32decode
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.identity.second_factor import NO_PROOF
from domain.identity.errors import (
    InvalidCredentials,
    InvalidMfaCode,
    MfaNotEnrolled,
    MfaRequired,
    StepUpRequired,
    TooManyTries,
)
from domain.identity.session import RevokedReason, SessionState
from domain.shared.errors import Unauthenticated
from tests.support.authenticator import Authenticator
from tests.support.clock import FixedClock
from tests.support.factors import an_owner, an_owner_with_a_factor, code, recovery
from tests.support.identity import IDS
from tests.support.login import PASSWORD, Desk, caller
from tests.support.zones import ZONES, living_in


async def test_a_factor_is_enrolled_confirmed_and_asked_for(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(desk, clock)
    tokens = await desk.log_in(owner.email)
    assert not tokens.session.mfa_verified
    actor = caller(tokens)
    enrolment = await desk.enroll(actor)
    assert enrolment.secret.uri.startswith("otpauth://totp/Sweepline:olive-")
    assert len(enrolment.secret.shown) == 32
    assert (await desk.me(actor)).person.mfa_enabled is False
    phone = Authenticator(enrolment.secret.shown, clock)
    codes = await desk.confirm(actor, phone.code())
    assert len(set(codes)) == 10
    with pytest.raises(MfaRequired, match=r"^MFA code required$"):
        await desk.log_in(owner.email)
    with pytest.raises(MfaRequired, match=r"^Invalid MFA code$"):
        await desk.log_in(owner.email, proof=code(phone.code()))  # it has turned the factor on
    with pytest.raises(InvalidCredentials):
        await desk.log_in(owner.email, "a wrong password, indeed", proof=code(phone.next()))
    tokens = await desk.log_in(owner.email, proof=code(phone.code()))
    assert tokens.session.mfa_verified
    assert desk.tokens.verify(tokens.access_token).mfa_verified
    assert (await desk.me(caller(tokens))).person.mfa_enabled


async def test_turning_it_on_ends_all_sessions_and_tells_the_person(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(desk, clock)
    elsewhere = await desk.log_in(owner.email)
    await owner.turn_on(await owner.actor())
    async with desk.uow.begin(owner.org_id) as unit:
        session = await unit.sessions.find(elsewhere.session.id)
        person = await unit.persons.get(owner.user_id)
    assert session is not None
    assert session.state(clock.now(), person.auth_epoch) is SessionState.REVOKED
    assert session.revoked_reason is RevokedReason.MFA_ENABLED


async def test_no_code_is_accepted_twice_and_none_before_the_last(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    clock.advance(minutes=5)
    before, here, after = (owner.phone.code(aside) for aside in (-1, 0, 1))
    await owner.log_in(code(here))
    for spent in (here, before):
        with pytest.raises(InvalidMfaCode):
            await owner.log_in(code(spent))
    await owner.log_in(code(after))  # a phone that is a little fast
    for aside in (-2, 2):
        with pytest.raises(InvalidMfaCode):
            await owner.log_in(code(owner.phone.code(aside)))
    with pytest.raises(InvalidMfaCode):
        await owner.log_in(code(owner.phone.code()))


async def test_a_recovery_code_stands_in_once(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    used, kept = owner.recovery_codes[:2]
    tokens = await owner.log_in(recovery(used.upper()))
    assert tokens.session.mfa_verified
    with pytest.raises(InvalidMfaCode):
        await owner.log_in(recovery(used))
    new = await desk.renew_recovery_codes(await owner.actor(), owner.phone.next())
    with pytest.raises(InvalidMfaCode):
        await owner.log_in(recovery(kept))
    assert len(new) == 10
    await owner.log_in(recovery(new[9].replace("-", "")))


async def test_another_person_s_recovery_code_is_worth_nothing(memory_desk: Desk, clock: FixedClock) -> None:
    one = await an_owner_with_a_factor(memory_desk, clock)
    other = await an_owner_with_a_factor(memory_desk, clock)
    with pytest.raises(InvalidMfaCode):
        await one.log_in(recovery(other.recovery_codes[0]))
    with pytest.raises(InvalidMfaCode):
        await one.log_in(code(other.phone.next()))


async def test_a_new_phone_takes_over_when_it_is_confirmed(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    actor, old_codes = await owner.actor(), owner.recovery_codes
    for proof in (NO_PROOF, code(owner.phone.wrong())):
        with pytest.raises(MfaRequired):
            await desk.enroll(actor, proof)
    new = await owner.enroll(actor)
    with pytest.raises(InvalidMfaCode):
        await desk.confirm(actor, owner.phone.next())
    await owner.log_in()  # the old one still works
    owner.recovery_codes = list(await desk.confirm(actor, new.code()))
    with pytest.raises(InvalidMfaCode):
        await owner.log_in()
    with pytest.raises(InvalidMfaCode):
        await owner.log_in(recovery(old_codes[0]))
    owner.phone = new
    await owner.log_in()


async def test_one_enrolment_is_confirmed_once_however_many_try(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(desk, clock)
    actor = await owner.actor()
    phone = await owner.enroll(actor)
    codes: list[tuple[str, ...]] = []

    async def confirm() -> None:
        with suppress(Unauthenticated, MfaNotEnrolled, TooManyTries):  # the first has ended the session
            codes.append(await desk.confirm(actor, phone.code()))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(confirm)
    assert len(codes) == 1
    await desk.log_in(owner.email, proof=recovery(codes[0][0]))


async def test_what_is_not_confirmed_in_time_is_gone(memory_desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(memory_desk, clock)
    actor = await owner.actor()
    with pytest.raises(MfaNotEnrolled):
        await memory_desk.confirm(actor, "123456")
    first = await owner.enroll(actor)
    second = await owner.enroll(actor)
    with pytest.raises(InvalidMfaCode):
        await memory_desk.confirm(actor, first.code())
    clock.advance(minutes=14, seconds=59)
    third = await owner.enroll(actor)
    clock.advance(minutes=15)
    for phone in (second, third):
        with pytest.raises(MfaNotEnrolled):
            await memory_desk.confirm(actor, phone.code())


async def test_enrolment_wants_a_fresh_session_or_the_password(memory_desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner(memory_desk, clock)
    stale = replace(await owner.actor(), fresh=False)
    with pytest.raises(StepUpRequired):
        await memory_desk.enroll(stale)
    with pytest.raises(InvalidCredentials):
        await memory_desk.enroll(stale, current_password="a wrong password, indeed")
    with pytest.raises(InvalidCredentials):
        await memory_desk.enroll(replace(stale, fresh=True), current_password="a wrong password, indeed")
    await memory_desk.enroll(stale, current_password=PASSWORD)
    with pytest.raises(StepUpRequired):
        await memory_desk.renew_recovery_codes(stale, "123456")
    with pytest.raises(StepUpRequired):
        await memory_desk.disable(stale)


async def test_step_up_asks_for_the_factor_that_is_on(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    actor = await owner.actor()
    with pytest.raises(MfaRequired, match="required"):
        await desk.step_up(actor)
    with pytest.raises(InvalidMfaCode):
        await desk.step_up(actor, proof=code(owner.phone.wrong()))
    with pytest.raises(InvalidCredentials):
        await desk.step_up(actor, "a wrong password, indeed", proof=code(owner.phone.next()))
    await desk.step_up(actor, proof=code(owner.phone.code()))
    with pytest.raises(InvalidMfaCode):
        await desk.step_up(actor, proof=code(owner.phone.code()))
    await desk.step_up(actor, proof=recovery(owner.recovery_codes[0]))


async def test_a_refresh_asks_until_the_session_has_shown_the_factor(desk: Desk, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(desk, clock)
    tokens = await owner.log_in()
    async with desk.uow.begin(owner.org_id) as unit:
        session = await unit.sessions.lock(tokens.session.id)
        assert session is not None
        await unit.sessions.save(replace(session, mfa_verified=False))
    with pytest.raises(MfaRequired, match="required"):
        await desk.refresh(tokens.refresh_token)
    with pytest.raises(InvalidMfaCode):
        await desk.refresh(tokens.refresh_token, owner.phone.wrong())
    refreshed = await desk.refresh(tokens.refresh_token, owner.phone.next())
    assert refreshed.session.mfa_verified
    assert desk.tokens.verify(refreshed.access_token).mfa_verified
    again = await desk.refresh(refreshed.refresh_token)
    assert again.session.mfa_verified


async def test_mails_and_audit_rows(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> None:
    desk = Desk(memory_uow, clock)
    owner = await an_owner_with_a_factor(desk, clock)
    actor = await owner.actor()
    await desk.renew_recovery_codes(actor, owner.phone.next())
    await desk.disable(actor, code(owner.phone.next()))
    tables = memory_uow.orgs[owner.org_id]
    actions = [row["action"] for row in tables.audit if row["action"].startswith("mfa_")]
    assert actions == ["mfa_enroll", "mfa_enabled", "mfa_recovery_codes", "mfa_disabled"]
    mails = [(mail.event_type, mail.payload) for mail in tables.outbox.values()]
    assert mails == [("mfa_enabled", {"to": owner.email}), ("mfa_disabled", {"to": owner.email})]


async def test_nothing_readable_is_kept(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> None:
    owner = await an_owner_with_a_factor(Desk(memory_uow, clock), clock)
    row = memory_uow.shared.person_secrets[owner.user_id]
    kept = repr((row, memory_uow.orgs[owner.org_id]))
    for secret in (owner.phone.secret, str(b32decode(owner.phone.secret))[2:-1], *owner.recovery_codes):
        assert secret not in kept
        assert secret.replace("-", "") not in kept
    sealed = row.factor.secret
    assert sealed is not None
    cipher = Desk(memory_uow, clock).factor.cipher
    with pytest.raises(ValueError, match="opens"):
        cipher.decrypt(sealed, b"totp " + IDS.new().bytes)  # bound to its person


@pytest.mark.parametrize("zone", ZONES)
async def test_the_server_s_zone_does_not_matter(memory_desk: Desk, clock: FixedClock, zone: str) -> None:
    clock.set(datetime(2026, 11, 1, 5, 59, 45, tzinfo=UTC))  # New York's clocks go back at six
    with living_in(zone):
        owner = await an_owner_with_a_factor(memory_desk, clock)
        for _ in range(4):
            await owner.log_in()
