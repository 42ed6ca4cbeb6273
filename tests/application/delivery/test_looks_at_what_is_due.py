"""How often a pass asks all organisations what is due."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest

from adapters.memory.outbox import MemoryDueMessages
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.delivery import outbox_pass
from application.delivery.deliver_due import DeliverDue
from application.delivery.tally import Tally
from application.ports.carrier import Receipt
from domain.delivery.outbox_event import OutboxEvent
from tests.support.clock import FixedClock
from tests.support.delivery import World, a_runner, accept, enqueue
from tests.support.orgs import MakeOrg

ROUNDS = 6


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What each look found."""
    found: list[int] = []
    look = MemoryDueMessages.list_due

    async def noted(door: MemoryDueMessages, *given: Any, **more: Any) -> Any:
        due = await look(door, *given, **more)
        found.append(len(due))
        return due

    monkeypatch.setattr(MemoryDueMessages, "list_due", noted)
    return found


async def test_one_look_serves_two_rounds_of_claims(
    memory_uow: MemoryUnitOfWork, make_org: MakeOrg, clock: FixedClock, looks: list[int]
) -> None:
    """Every look costs the database time that deliveries could have."""
    landings = anyio.Semaphore(0)

    async def when_told(event: OutboxEvent) -> Receipt:
        await landings.acquire()
        return await accept(event)

    world = World(otherwise=when_told)
    event_ids = await enqueue(memory_uow, await make_org(), *(f"k{n}" for n in range(ROUNDS + 2)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(a_runner(memory_uow, clock, world, concurrency=2).handle, DeliverDue())
        await both_places_taken(world, landed=0)
        for landed in range(1, ROUNDS + 1):  # one by one, and each place is taken again at once
            landings.release()
            await both_places_taken(world, landed)
        assert looks == [2] * (1 + ROUNDS // 2)
        landings.release()
        landings.release()
    assert sorted(world.arrived) == sorted(event_ids)


@pytest.mark.parametrize("is_ours", [False, True])
async def test_a_pass_waits_for_a_place_that_another_pass_of_the_process_has(
    memory_uow: MemoryUnitOfWork,
    make_org: MakeOrg,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    is_ours: bool,
) -> None:
    """Else whoever asks for a delivery would be told that all is done."""
    monkeypatch.setattr(outbox_pass, "LOOK_AGAIN_SECONDS", 0.01)
    ours, theirs = await make_org(), await make_org()
    landing = anyio.Event()
    slow_ones = ("slow", "slow too") if is_ours else ("slow",)  # who has every place may have no more

    async def when_told(event: OutboxEvent) -> Receipt:
        await landing.wait()
        return await accept(event)

    world = World(deeds=dict.fromkeys(slow_ones, when_told))
    await enqueue(memory_uow, ours if is_ours else theirs, *slow_ones)
    places = len(slow_ones)
    runner, tallies = a_runner(memory_uow, clock, world, concurrency=places, per_org=1), list[Tally]()

    async def deliver(seconds: float) -> None:
        tallies.append(await runner.handle(DeliverDue(org_id=ours, taking_seconds=seconds)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(runner.handle, DeliverDue(org_id=ours if is_ours else theirs, taking_seconds=0.05))
        await in_flight(world, places)
        await anyio.sleep(0.06)
        await enqueue(memory_uow, ours, "k")
        await deliver(0.05)
        tasks.start_soon(deliver, 5)
        await anyio.sleep(0.05)
        landing.set()
    assert [(tally.sent, tally.out_of_time) for tally in tallies] == [(0, True), (1, False)]


async def both_places_taken(world: World, landed: int) -> None:
    with anyio.fail_after(5):
        while len(world.arrived) < landed:
            await anyio.lowlevel.checkpoint()
    await in_flight(world, 2)


async def in_flight(world: World, count: int) -> None:
    with anyio.fail_after(5):
        while world.in_flight < count:
            await anyio.lowlevel.checkpoint()
