from uuid import uuid4

import anyio
import pytest

from adapters.system.identifiers import SystemIdentifiers
from application.circuit_breaking import SharedCircuitBreakers
from application.ports.circuit_breakers import CircuitOpen
from application.ports.unit_of_work import UnitOfWork
from domain.shared.circuit import Circuit, CircuitPolicy, CircuitState, Verdict
from tests.support.clock import FixedClock

POLICY = CircuitPolicy(failure_threshold=3, window_seconds=60, recovery_seconds=30, trial_seconds=20)


@pytest.fixture
def name() -> str:
    return f"circuit-{uuid4().hex}"  # the tests share one database


def a_process(uow: UnitOfWork, clock: FixedClock, name: str) -> SharedCircuitBreakers:
    return SharedCircuitBreakers(uow, clock, SystemIdentifiers(), {name: POLICY}, fresh_seconds=0)


async def fail(breakers: SharedCircuitBreakers, name: str, times: int = 3) -> None:
    for _ in range(times):
        if (admission := await breakers.admit(name)) is not None:
            await breakers.report(admission, Verdict.FAILED)


async def test_a_circuit_comes_back_whole(uow: UnitOfWork, clock: FixedClock, name: str) -> None:
    now = clock.now()
    whole = Circuit(
        name=name,
        faults=(now, now),
        open_until=now,
        trial=SystemIdentifiers().new(),
        trial_until=now,
        opened_total=7,
    )
    async with uow.begin_global() as unit:
        assert await unit.circuits.find(name) == Circuit(name=name)
        assert await unit.circuits.lock(name) == Circuit(name=name)
        await unit.circuits.save(whole)
    async with uow.begin_global() as unit:
        assert await unit.circuits.find(name) == whole
        assert whole in await unit.circuits.list_all()


async def test_what_one_process_learned_holds_for_all(uow: UnitOfWork, clock: FixedClock, name: str) -> None:
    ours, theirs = a_process(uow, clock, name), a_process(uow, clock, name)
    await fail(ours, name, 2)
    await fail(theirs, name, 1)
    for breakers in (ours, theirs):
        assert await breakers.admit(name) is None
        assert (await breakers.look(name)).state(clock.now()) is CircuitState.OPEN
    clock.advance(seconds=30)
    trial = await ours.admit(name)
    assert trial is not None
    assert await theirs.admit(name) is None
    await ours.report(trial, Verdict.WORKED)
    assert (await theirs.look(name)).state(clock.now()) is CircuitState.CLOSED


async def test_of_many_at_once_one_tries(uow: UnitOfWork, clock: FixedClock, name: str) -> None:
    await fail(a_process(uow, clock, name), name)
    clock.advance(seconds=30)
    admitted = []

    async def ask() -> None:
        admitted.append(await a_process(uow, clock, name).admit(name))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(ask)
    assert sum(admission is not None for admission in admitted) == 1


async def test_faults_at_once_are_all_counted(uow: UnitOfWork, clock: FixedClock, name: str) -> None:
    breakers = a_process(uow, clock, name)
    admission = await breakers.admit(name)
    assert admission is not None
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(breakers.report, admission, Verdict.FAILED)
    assert (await breakers.look(name)).opened_total == 1


async def test_a_closed_circuit_is_asked_of_seldom_and_a_fault_of_ours_is_known_at_once(
    uow: UnitOfWork, clock: FixedClock, name: str
) -> None:
    ours = SharedCircuitBreakers(uow, clock, SystemIdentifiers(), {name: POLICY}, fresh_seconds=3600)
    assert await ours.admit(name) is not None
    await fail(a_process(uow, clock, name), name)
    assert await ours.admit(name) is not None, "not read again yet"
    await fail(ours, name, 1)
    assert await ours.admit(name) is None


class Away(Exception):
    pass


async def test_a_guard_refuses_while_it_is_open_and_tells_how_a_call_went(
    uow: UnitOfWork, clock: FixedClock, name: str
) -> None:
    breakers, called = a_process(uow, clock, name), 0

    async def call(error: Exception | None = None) -> None:
        nonlocal called
        async with breakers.guard(name, lambda raised: isinstance(raised, Away)):
            called += 1
            if error is not None:
                raise error

    for _ in range(5):
        with pytest.raises(KeyError):
            await call(KeyError())
    for _ in range(3):
        with pytest.raises(Away):
            await call(Away())
    assert called == 8
    with pytest.raises(CircuitOpen) as caught:
        await call()
    assert (called, caught.value.retry_after_seconds) == (8, 30)
    clock.advance(seconds=30)
    with pytest.raises(KeyError):  # it shows nothing: the next one tries
        await call(KeyError())
    await call()
    assert (await breakers.look(name)).state(clock.now()) is CircuitState.CLOSED


async def test_a_trial_that_is_cancelled_frees_its_place(
    uow: UnitOfWork, clock: FixedClock, name: str
) -> None:
    breakers = a_process(uow, clock, name)
    await fail(breakers, name)
    clock.advance(seconds=30)
    with anyio.CancelScope() as scope:
        async with breakers.guard(name, lambda _: True):
            scope.cancel()
            await anyio.sleep_forever()
    assert await breakers.admit(name) is not None
