"""Wrong tries, over the real use cases."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.argon2.passwords import AT_ONCE, Argon2Passwords
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.identity.guarded_passwords import GuardedPasswords, Proof
from application.identity.origin import Origin
from application.ports.unit_of_work import UnitOfWork
from domain.identity.errors import OrgSuspended, Overloaded, TooManyTries
from domain.identity.membership import MembershipStatus
from domain.identity.wrong_tries import MOST_IN_A_ROW
from domain.shared.errors import DomainError
from tests.support.clock import FixedClock
from tests.support.identity import IDS, an_address, join
from tests.support.login import CHEAP, PASSWORD, Desk, caller


@pytest.fixture
def desk(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> Desk:
    return Desk(memory_uow, clock)


def from_elsewhere() -> Origin:
    return Origin("request-2", an_address(), "tests")


def somebody() -> str:
    return f"olive-{IDS.new().hex[-12:]}@acme.example"


async def a_member(desk: Desk) -> str:
    email = somebody()
    await desk.create_org(f"org-{IDS.new().hex[-12:]}", email)
    return email


async def outcome(trying: Awaitable[object]) -> str:
    try:
        await trying
    except DomainError as refusal:
        return refusal.code
    return "ok"


async def guess(desk: Desk, email: str, times: int, origin: Origin | None = None) -> list[str]:
    return [await outcome(desk.log_in(email, "wrong", origin=origin)) for _ in range(times)]


WRONG, THROTTLED = "invalid_credentials", "rate_limited"


async def test_the_eleventh_wrong_try_waits_whether_anybody_has_the_address_or_not(
    desk: Desk, clock: FixedClock
) -> None:
    refusals: list[TooManyTries] = []
    for email in (await a_member(desk), somebody()):
        origin = from_elsewhere()
        assert await guess(desk, email.upper(), 10, origin) == [WRONG] * 10
        with pytest.raises(TooManyTries) as refused:
            await desk.log_in(email, origin=from_elsewhere())  # the right password, from wherever
        refusals.append(refused.value)
    assert [r.retry_after_seconds for r in refusals] == [900, 900]
    assert refusals[0].detail == refusals[1].detail
    clock.advance(minutes=14, seconds=59)
    assert await guess(desk, email, 1) == [THROTTLED]
    clock.advance(seconds=1)
    assert await guess(desk, email, 1) == [WRONG]


async def test_a_right_try_is_given_back_and_forgives_no_wrong_one(desk: Desk) -> None:
    email = await a_member(desk)
    assert await guess(desk, email, 9) == [WRONG] * 9
    for _ in range(3):
        await desk.log_in(email, origin=from_elsewhere())
    assert await guess(desk, email, 2, from_elsewhere()) == [WRONG, THROTTLED]


async def test_strangers_elsewhere_do_not_shut_out_somebody_where_they_usually_are(
    desk: Desk, clock: FixedClock
) -> None:
    email = await a_member(desk)
    await desk.log_in(email)
    clock.advance(days=29)
    assert await guess(desk, email, 11, from_elsewhere()) == [WRONG] * 10 + [THROTTLED]
    assert await guess(desk, email, 9) == [WRONG] * 9
    assert await outcome(desk.log_in(email)) == "ok"
    assert await guess(desk, email, 2) == [WRONG, THROTTLED]
    clock.advance(days=31)
    assert await guess(desk, email, 10, from_elsewhere()) == [WRONG] * 10
    assert await outcome(desk.log_in(email)) == THROTTLED  # no longer known here


async def test_one_address_has_thirty_wrong_tries_whoever_is_tried(desk: Desk) -> None:
    email = await a_member(desk)
    assert [(await guess(desk, somebody(), 1))[0] for _ in range(30)] == [WRONG] * 30
    assert await outcome(desk.log_in(email)) == THROTTLED
    assert await outcome(desk.log_in(email, origin=from_elsewhere())) == "ok"


@pytest.mark.parametrize("known", [False, True])
async def test_fifty_guesses_at_once_are_ten(uow: UnitOfWork, clock: FixedClock, *, known: bool) -> None:
    desk = Desk(uow, clock)
    email = await a_member(desk) if known else somebody()
    outcomes: Counter[str] = Counter()

    async def one(origin: Origin) -> None:
        outcomes[await outcome(desk.log_in(email, "wrong", origin=origin))] += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(one, from_elsewhere())
    assert outcomes == {WRONG: 10, THROTTLED: 40}


async def test_a_hundred_in_a_row_are_the_last_until_somebody_resets(desk: Desk, clock: FixedClock) -> None:
    email = await a_member(desk)
    await desk.log_in(email)
    for _ in range(MOST_IN_A_ROW // 10):
        assert await guess(desk, email, 10, from_elsewhere()) == [WRONG] * 10
        clock.advance(minutes=15)
    assert await guess(desk, email, 1, from_elsewhere()) == [THROTTLED]
    clock.advance(days=20)
    assert await outcome(desk.log_in(email)) == THROTTLED  # at home too
    await desk.throttling.forgive(email.title())
    assert await outcome(desk.log_in(email)) == "ok"


async def test_a_right_password_ends_the_row(desk: Desk, clock: FixedClock) -> None:
    email = await a_member(desk)
    for _ in range(2 * MOST_IN_A_ROW // 9):
        assert await guess(desk, email, 9) == [WRONG] * 9
        assert await outcome(desk.log_in(email)) == "ok"
        clock.advance(minutes=15)


@pytest.mark.parametrize("purpose", ["change_password", "step_up"])
async def test_whoever_is_signed_in_has_no_more_tries_than_a_stranger(desk: Desk, purpose: str) -> None:
    email = await a_member(desk)
    actor = caller(await desk.log_in(email, origin=from_elsewhere()))
    proofs: dict[str, Callable[[str], Awaitable[object]]] = {
        "change_password": lambda password: desk.change_password(
            actor, password, "four other words entirely"
        ),
        "step_up": lambda password: desk.step_up(actor, password),
    }
    prove = proofs[purpose]
    assert await guess(desk, email, 5) == [WRONG] * 5
    assert [await outcome(prove("wrong")) for _ in range(5)] == [WRONG] * 5
    assert await outcome(prove(PASSWORD)) == THROTTLED
    assert await guess(desk, email, 1) == [THROTTLED]
    clock = desk.clock
    assert isinstance(clock, FixedClock)
    clock.advance(minutes=15)
    assert await guess(desk, email, 9) == [WRONG] * 9
    assert await outcome(prove(PASSWORD)) == "ok"
    assert await guess(desk, email, 2) == [WRONG, THROTTLED]


async def test_whoever_is_sent_away_by_the_queue_has_not_guessed(desk: Desk) -> None:
    email = somebody()
    proof = Proof(
        origin=desk.origin,
        purpose="invitation",
        email=email,
        password="wrong",
        password_hash=None,
        user_id=None,
    )
    full = GuardedPasswords(desk.throttling, Argon2Passwords(queue=-AT_ONCE))
    for _ in range(40):
        with pytest.raises(Overloaded):
            await full.require(proof)
    for code in [WRONG] * 10 + [THROTTLED]:
        assert await outcome(desk.guarded.require(proof)) == code


async def test_a_suspended_organisation_costs_nobody_a_try(desk: Desk, clock: FixedClock) -> None:
    from application.tenancy.operate_orgs import SetOrgStatus, SetOrgStatusHandler
    from domain.tenancy.org import OrgStatus

    email, slug = somebody(), f"org-{IDS.new().hex[-12:]}"
    await desk.create_org(slug, email)
    await SetOrgStatusHandler(desk.uow, clock).handle(SetOrgStatus(slug, OrgStatus.SUSPENDED))
    for _ in range(12):
        with pytest.raises(OrgSuspended):
            await desk.log_in(email)


async def test_every_refusal_is_on_record_and_the_one_that_shut_the_door_says_so(
    desk: Desk, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    email, stranger = await a_member(desk), somebody()
    for address in (email, stranger):
        await guess(desk, address, 11, from_elsewhere())
    kept = memory_uow.shared.auth_failures
    assert [failure.lockout for failure in kept] == [*[None] * 9, "password", None] * 2
    assert [failure.user_id is not None for failure in kept] == [*[False] * 9, True, *[False] * 12]
    assert len({failure.email_key for failure in kept}) == 2


async def test_five_codes_in_five_minutes(desk: Desk, clock: FixedClock) -> None:
    """What the check of the second factor builds upon."""
    throttling, email = desk.throttling, somebody()
    right = await throttling.admit_code(desk.origin, email)
    await throttling.right(right)
    for number in range(5):
        admission = await throttling.admit_code(from_elsewhere(), email)
        admission.require()
        assert (admission.shuts is not None) == (number == 4)
    with pytest.raises(TooManyTries) as refused:
        (await throttling.admit_code(from_elsewhere(), email)).require()
    assert refused.value.retry_after_seconds == timedelta(minutes=5).total_seconds()
    assert await guess(desk, email, 1) == [WRONG]  # passwords are counted apart
    clock.advance(minutes=5)
    (await throttling.admit_code(from_elsewhere(), email)).require()


async def test_every_kind_of_stranger_costs_the_same_up_to_the_full_bucket_and_past_it(
    postgres_uow: PostgresUnitOfWork, postgres_engine: AsyncEngine, clock: FixedClock
) -> None:
    """Statement by statement and hash by hash, also for the try that shuts the door."""
    desk = Desk(postgres_uow, clock)
    home = await desk.create_org(f"org-{IDS.new().hex[-12:]}", somebody())
    disabled = await join(postgres_uow, home.org_id, clock.now(), status=MembershipStatus.INACTIVE)
    passwordless = await join(postgres_uow, home.org_id, clock.now())
    async with postgres_uow.begin(home.org_id) as unit:
        await unit.person_secrets.set_password(disabled.id, await CHEAP.hash(PASSWORD))
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    async def cost(email: str) -> list[tuple[str, list[str], int]]:
        costs, origin = [], from_elsewhere()
        for _ in range(12):
            seen.clear()
            hashes = CHEAP.served
            code = await outcome(desk.log_in(email, PASSWORD + "!", origin=origin))
            costs.append((code, list(seen), CHEAP.served - hashes))
        return costs

    event.listen(postgres_engine.sync_engine, "before_cursor_execute", note)
    try:
        unknown = await cost(somebody())
        known = await cost(await a_member(desk))
        assert known == unknown
        assert await cost(disabled.email) == unknown
        assert await cost(passwordless.email) == unknown
    finally:
        event.remove(postgres_engine.sync_engine, "before_cursor_execute", note)
    assert [(code, hashes) for code, _, hashes in unknown] == [(WRONG, 1)] * 10 + [(THROTTLED, 0)] * 2
