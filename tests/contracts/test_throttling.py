from dataclasses import replace
from datetime import datetime, timedelta

import anyio
import pytest

from application.ports.persons import AuthFailure
from application.ports.unit_of_work import UnitOfWork
from domain.identity.wrong_tries import MOST_IN_A_ROW, Lockout, TryCounter
from domain.shared.ids import OrgId, UserId
from tests.support.clock import FixedClock
from tests.support.identity import IDS, join


def a_key() -> bytes:
    return IDS.new().bytes * 2


async def read(uow: UnitOfWork, *keys: bytes) -> list[TryCounter]:
    async with uow.begin_global() as shared:
        return await shared.try_counters.lock(keys)


async def test_counters_come_back_whole_and_in_the_order_asked_for(
    uow: UnitOfWork, clock: FixedClock
) -> None:
    now, first, second = clock.now(), *sorted([a_key(), a_key()])
    kept = TryCounter(key=second, tries=(now, now, now + timedelta(seconds=1)), in_a_row=3, known_until=now)
    assert await read(uow, second, first) == [TryCounter(key=second), TryCounter(key=first)]
    async with uow.begin_global() as shared:
        await shared.try_counters.lock([second])
        await shared.try_counters.save([kept], now)
    assert await read(uow, second, first, second) == [kept, TryCounter(key=first), kept]
    async with uow.begin_global() as shared:
        unheard = a_key()
        assert await shared.try_counters.read([unheard, second]) == [TryCounter(key=unheard), kept]


async def test_nobody_counts_past_another(uow: UnitOfWork, clock: FixedClock) -> None:
    one, other = a_key(), a_key()

    async def count(keys: list[bytes]) -> None:
        async with uow.begin_global() as shared:
            counters = await shared.try_counters.lock(keys)
            changed = [replace(counter, in_a_row=counter.in_a_row + 1) for counter in counters]
            await shared.try_counters.save(changed, clock.now())

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(count, [one, other] if number % 2 else [other, one])
    assert [counter.in_a_row for counter in await read(uow, one, other)] == [20, 20]


async def test_what_is_over_goes_and_what_is_locked_stays(uow: UnitOfWork, clock: FixedClock) -> None:
    now, over, known, row, locked = clock.now(), a_key(), a_key(), a_key(), a_key()
    counters = [
        TryCounter(key=over, tries=(now,)),
        TryCounter(key=known, known_until=now + timedelta(days=30)),
        TryCounter(key=row, in_a_row=MOST_IN_A_ROW - 1),
        TryCounter(key=locked, in_a_row=MOST_IN_A_ROW),
    ]
    async with uow.begin_global() as shared:
        await shared.try_counters.lock([counter.key for counter in counters])
        await shared.try_counters.save(counters, now)

    async def left_at(days: float) -> int:
        async with uow.begin_global() as shared:
            assert await shared.try_counters.purge(now + timedelta(days=days), 1) <= 1
            while await shared.try_counters.purge(now + timedelta(days=days), 1000):
                pass
            found = await shared.try_counters.lock([counter.key for counter in counters])
            await shared.try_counters.save([c for c in found if c in counters], now)
        return sum(counter in counters for counter in found)

    assert [await left_at(days) for days in (0.01, 1, 31, 364, 366, 9999)] == [4, 3, 2, 2, 1, 1]


def a_failure(now: datetime, lockout: Lockout | None = None, user_id: UserId | None = None) -> AuthFailure:
    return AuthFailure(
        id=IDS.new(),
        occurred_at=now,
        purpose="login",
        email_key=b"k" * 32,
        ip="203.0.113.9",
        user_agent=None,
        request_id="r",
        lockout=lockout,
        user_id=user_id,
    )


async def keep(uow: UnitOfWork, *failures: AuthFailure) -> None:
    async with uow.begin_global() as shared:
        for failure in failures:
            await shared.auth_failures.record(failure)


async def untold(uow: UnitOfWork, *ours: AuthFailure) -> list[AuthFailure]:
    """Of ours, in the order told: other tests have theirs."""
    async with uow.begin_global() as shared:
        return [failure for failure in await shared.auth_failures.list_untold(1000) if failure in ours]


async def test_what_shut_somebody_s_door_waits_to_be_told_once(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    now, person = clock.now(), await join(uow, an_org, clock.now())
    nobody_s, no_door = a_failure(now, Lockout.PASSWORD), a_failure(now, None, person.id)
    later, first = (
        a_failure(now + timedelta(seconds=1), Lockout.IN_A_ROW, person.id),
        a_failure(now, Lockout.SECOND_FACTOR, person.id),
    )
    ours = (later, first, nobody_s, no_door)
    await keep(uow, *ours)
    assert await untold(uow, *ours) == [first, later]
    async with uow.begin_global() as shared:
        behind = await shared.auth_failures.list_untold(1000, after=first)
    assert [failure for failure in behind if failure in ours] == [later]
    async with uow.begin_global() as shared:
        assert len(await shared.auth_failures.list_untold(1)) == 1
        assert await shared.lockouts.settle(later.id, now)
        assert not await shared.lockouts.settle(later.id, now)
    settled: list[bool] = []

    async def settle() -> None:
        async with uow.begin(an_org) as unit:
            settled.append(await unit.lockouts.settle(first.id, now))

    async def settle_and_fail() -> None:
        async with uow.begin(an_org) as unit:
            await unit.lockouts.settle(first.id, now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await settle_and_fail()
    assert await untold(uow, *ours) == [first]
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(settle)
    assert sorted(settled) == [False] * 4 + [True]
    assert await untold(uow, *ours) == []


async def test_old_refused_proofs_go(uow: UnitOfWork, clock: FixedClock) -> None:
    start = clock.now() - timedelta(days=9000)  # older than what other tests leave
    await keep(uow, *[a_failure(start + timedelta(days=day)) for day in range(3)])
    async with uow.begin_global() as shared:
        assert await shared.auth_failures.purge(start, 10) == 0
        assert await shared.auth_failures.purge(start + timedelta(days=2), 1) == 1
        assert await shared.auth_failures.purge(start + timedelta(days=2), 10) == 1
        assert await shared.auth_failures.purge(start + timedelta(days=3), 10) == 1
