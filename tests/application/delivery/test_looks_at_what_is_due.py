"""How often a pass asks all organisations what is due."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest

from adapters.memory.outbox import MemoryDueMessages
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.delivery.deliver_due import DeliverDue
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


async def both_places_taken(world: World, landed: int) -> None:
    with anyio.fail_after(5):
        while len(world.arrived) < landed or world.in_flight < 2:
            await anyio.lowlevel.checkpoint()
