from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from application.ports.persons import AuthFailure
from application.ports.unit_of_work import UnitOfWork
from domain.identity.wrong_tries import MOST_IN_A_ROW, Lockout, TryCounter
from domain.shared.ids import OrgId
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


@pytest.mark.parametrize("lockout", [None, *Lockout])
async def test_a_refused_proof_is_kept(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, lockout: Lockout | None
) -> None:
    person = await join(uow, an_org, clock.now())
    failure = AuthFailure(
        id=IDS.new(),
        occurred_at=clock.now(),
        purpose="login",
        email_key=b"k" * 32,
        ip=None,
        user_agent=None,
        request_id="r",
        lockout=lockout,
        user_id=person.id if lockout else None,
    )
    async with uow.begin_global() as shared:
        await shared.auth_failures.record(failure)
