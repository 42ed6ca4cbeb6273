from dataclasses import dataclass, field

import pytest

from application.delivery.deliver_due import DeliverDue
from application.delivery.end_dead_leases import EndDeadLeasesHandler
from application.delivery.job_table import RUNNER
from application.delivery.rules import Channels
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from tests.application.delivery.test_deliver_due import claim
from tests.support.clock import FixedClock
from tests.support.delivery import World, a_runner, enqueue, event_of, outcomes_of


@dataclass(slots=True)
class Lives:
    own: str = "us#here"
    dead: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def is_dead(self, runner: str) -> bool:
        self.asked.append(runner)
        return runner in self.dead


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def lives() -> Lives:
    return Lives()


@pytest.fixture
def watch(uow: UnitOfWork, clock: FixedClock, world: World, lives: Lives) -> EndDeadLeasesHandler:
    return EndDeadLeasesHandler(uow=uow, clock=clock, channels=Channels({"webhook": world}), lives=lives)


async def beat(uow: UnitOfWork, clock: FixedClock, *runners: str) -> None:
    async with uow.begin_global() as unit:
        for runner in runners:
            pulse = await unit.heartbeats.lock(RUNNER)
            await unit.heartbeats.save(pulse.beat(runner, clock.now()))


async def test_a_dead_runner_s_messages_are_due_at_once_and_a_living_one_s_are_not(
    uow: UnitOfWork,
    an_org: OrgId,
    rival: OrgId,
    clock: FixedClock,
    world: World,
    lives: Lives,
    watch: EndDeadLeasesHandler,
) -> None:
    (stranded,) = await enqueue(uow, an_org, "stranded")
    await claim(a_runner(uow, clock, world, runner="one:1#a"), an_org)
    (other,) = await enqueue(uow, rival, "also stranded")
    await claim(a_runner(uow, clock, world, runner="one:1#a"), rival)
    (held,) = await enqueue(uow, an_org, "held")
    await claim(a_runner(uow, clock, world, runner="two:2#b"), an_org)
    await beat(uow, clock, "one:1#a", "two:2#b")
    assert not await watch.handle()
    lives.dead.add("one:1#a")
    clock.advance(seconds=1)
    assert await watch.handle()
    await a_runner(uow, clock, world).handle(DeliverDue())
    assert set(world.arrived) == {stranded, other}
    assert await outcomes_of(uow, an_org, stranded) == ["lost", "delivered"]
    assert (await event_of(uow, an_org, held)).is_leased(clock.now())
    async with uow.begin(an_org) as unit:
        (lost, _) = await unit.outbox_queue.attempts(stranded)
    assert lost.runner == "one:1"


async def test_a_claim_that_is_committed_after_its_runner_died_is_found_too(
    uow: UnitOfWork,
    an_org: OrgId,
    clock: FixedClock,
    world: World,
    lives: Lives,
    watch: EndDeadLeasesHandler,
) -> None:
    await beat(uow, clock, "one:1#a")
    lives.dead.add("one:1#a")
    assert not await watch.handle()
    (event_id,) = await enqueue(uow, an_org, "k")
    await claim(a_runner(uow, clock, world, runner="one:1#a"), an_org)
    assert await watch.handle()
    assert (await event_of(uow, an_org, event_id)).is_due(clock.now())
    for _ in range(3):
        assert not await watch.handle()
    lives.asked.clear()
    await watch.handle()
    assert "one:1#a" not in lives.asked  # that is over
