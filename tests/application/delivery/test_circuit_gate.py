"""While the world is away messages wait, and waiting costs nothing."""

from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import anyio
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.circuit_breaking import SharedCircuitBreakers
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.ports.carrier import CarrierLost, Receipt
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.shared.circuit import CircuitPolicy, CircuitState
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.delivery import World, a_runner, accept, enqueue, event_of, hang, outcomes_of, refuse
from tests.support.orgs import found_org

POLICY = CircuitPolicy(failure_threshold=3, recovery_seconds=30)


class Gated:
    """A runner whose one channel goes through a circuit of its own; `claimed` counts what it took."""

    def __init__(self, uow: UnitOfWork, clock: FixedClock) -> None:
        self.uow, self.clock, self.world = uow, clock, World()
        self.circuit = f"circuit-{uuid4().hex}"  # the tests share one database

    def runner(self, **choices: Any) -> DeliverDueHandler:
        breakers = SharedCircuitBreakers(
            self.uow, self.clock, SystemIdentifiers(), {self.circuit: POLICY}, fresh_seconds=0
        )
        circuits = {"webhook": self.circuit}
        return a_runner(self.uow, self.clock, self.world, breakers=breakers, circuits=circuits, **choices)

    async def state(self) -> CircuitState:
        async with self.uow.begin_global() as unit:
            return (await unit.circuits.find(self.circuit)).state(self.clock.now())

    async def attempts(self, org_id: OrgId, event_ids: list[Any]) -> int:
        return sum([(await event_of(self.uow, org_id, each)).total_attempts for each in event_ids])


@pytest.fixture
def gated(uow: UnitOfWork, clock: FixedClock) -> Gated:
    return Gated(uow, clock)


async def break_it(gated: Gated, org_id: OrgId) -> None:
    gated.world.otherwise = refuse("connection_failed")
    await enqueue(gated.uow, org_id, *(f"first-{n}" for n in range(3)))
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.OPEN


async def test_what_waits_loses_no_attempt_and_is_not_touched(gated: Gated, an_org: OrgId) -> None:
    await break_it(gated, an_org)
    waiting = await enqueue(gated.uow, an_org, *(f"k{n}" for n in range(40)))
    before = [await event_of(gated.uow, an_org, each) for each in waiting]
    for only in (None, an_org):
        tally = await gated.runner().handle(DeliverDue(org_id=only))
        assert (tally.claimed, tally.retry) == (0, 0)
    assert [await event_of(gated.uow, an_org, each) for each in waiting] == before


async def test_one_finds_out_that_the_world_is_back_and_the_others_follow(
    gated: Gated, an_org: OrgId
) -> None:
    await break_it(gated, an_org)
    waiting = await enqueue(gated.uow, an_org, *(f"k{n}" for n in range(20)))
    gated.clock.advance(seconds=31)
    assert await gated.state() is CircuitState.HALF_OPEN
    alone = list[int]()

    async def take(event: OutboxEvent) -> Receipt:
        alone.append(gated.world.in_flight)
        return await accept(event)

    gated.world.otherwise = take
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED
    assert alone[0] == 1
    assert set(waiting) <= set(gated.world.arrived)
    assert await gated.attempts(an_org, waiting) == 20


async def test_while_the_world_stays_away_each_trial_costs_one_attempt_of_one(
    gated: Gated, an_org: OrgId
) -> None:
    await break_it(gated, an_org)
    waiting = await enqueue(gated.uow, an_org, *(f"k{n}" for n in range(20)))
    for trials in (1, 2):
        gated.clock.advance(seconds=30)
        for _ in range(3):
            await gated.runner().handle(DeliverDue())
        assert await gated.state() is CircuitState.OPEN
        assert await gated.attempts(an_org, waiting) == trials


async def test_a_refusal_of_one_message_opens_nothing_and_decides_no_trial(
    gated: Gated, an_org: OrgId
) -> None:
    gated.world.otherwise = refuse("recipient_refused")
    await enqueue(gated.uow, an_org, *(f"bad-{n}" for n in range(9)))
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED
    await break_it(gated, an_org)
    gated.clock.advance(seconds=30)
    gated.world.otherwise = accept
    gated.world.deeds["refused"] = refuse("recipient_refused")
    (refused,) = await enqueue(gated.uow, an_org, "refused")
    await gated.runner().handle(DeliverDue(taking_seconds=5))
    assert (await event_of(gated.uow, an_org, refused)).status is EventStatus.DEAD
    assert await gated.state() is not CircuitState.OPEN


async def test_a_bug_of_ours_opens_nothing(gated: Gated, an_org: OrgId) -> None:
    async def explode(event: object) -> None:
        raise ZeroDivisionError

    gated.world.otherwise = explode  # type: ignore[assignment]  # it is a bug
    await enqueue(gated.uow, an_org, *(f"bad-{n}" for n in range(9)))
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED


async def test_what_its_carrier_lost_opens_nothing_and_frees_the_place_of_a_trial(
    gated: Gated, an_org: OrgId
) -> None:
    async def lose(event: object) -> Receipt:
        del event
        raise CarrierLost

    gated.world.otherwise = lose
    await enqueue(gated.uow, an_org, *(f"lost-{n}" for n in range(9)))
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED
    await break_it(gated, an_org)
    gated.clock.advance(seconds=30)
    gated.world.otherwise, gated.world.deeds["trial"] = accept, lose
    (trial,) = await enqueue(gated.uow, an_org, "trial")
    await gated.runner().handle(DeliverDue())
    assert await outcomes_of(gated.uow, an_org, trial) == ["lost", "lost"]
    assert await gated.state() is CircuitState.HALF_OPEN
    await enqueue(gated.uow, an_org, "next")
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED


async def test_other_kinds_go_on_meanwhile(gated: Gated, an_org: OrgId, rival: OrgId) -> None:
    await break_it(gated, an_org)
    mail = await enqueue(gated.uow, rival, *(f"m{n}" for n in range(20)))
    other = World()
    runner = gated.runner()
    runner.channels.by_kind["export"] = other  # type: ignore[index]  # the runner of this test alone
    exports = await enqueue(gated.uow, rival, *(f"e{n}" for n in range(3)), kind="export")
    await runner.handle(DeliverDue())
    assert sorted(other.arrived) == sorted(exports)
    assert await gated.attempts(rival, mail) == 0


async def test_a_trial_that_the_process_does_not_outlive_frees_its_place(gated: Gated, an_org: OrgId) -> None:
    await break_it(gated, an_org)
    gated.clock.advance(seconds=31)
    await enqueue(gated.uow, an_org, "one")
    gated.world.otherwise = hang
    with anyio.move_on_after(0.3):
        await gated.runner().handle(DeliverDue())
    gated.world.otherwise = accept
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED


async def test_a_killed_trial_frees_its_place_when_its_lease_is_over(gated: Gated, an_org: OrgId) -> None:
    await break_it(gated, an_org)
    gated.clock.advance(seconds=31)
    await enqueue(gated.uow, an_org, "one")
    async with gated.uow.begin_global() as unit:
        circuit = await unit.circuits.lock(gated.circuit)
        await unit.circuits.save(circuit.begin_trial(uuid4(), gated.clock.now(), POLICY))
    gated.world.otherwise = accept
    assert (await gated.runner().handle(DeliverDue())).claimed == 0
    gated.clock.advance(seconds=60)
    await gated.runner().handle(DeliverDue())
    assert await gated.state() is CircuitState.CLOSED


async def test_what_failed_before_keeps_its_backoff(gated: Gated, an_org: OrgId) -> None:
    gated.world.otherwise = refuse("timeout")
    (failed, *_) = await enqueue(gated.uow, an_org, "a", "b", "c")
    began = gated.clock.now()
    await gated.runner().handle(DeliverDue())
    event = await event_of(gated.uow, an_org, failed)
    assert event.next_attempt_at is not None
    assert timedelta(seconds=30) <= event.next_attempt_at - began <= timedelta(seconds=37.5)
    assert await outcomes_of(gated.uow, an_org, failed) == ["failed"]


async def test_a_runner_is_woken_only_for_what_may_leave(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    """Of memory alone: on a database of many tests it would be woken for theirs."""
    uow = cast("UnitOfWork", memory_uow)
    gated, org_id = Gated(uow, clock), await found_org(uow, clock.now())
    assert not await gated.runner().is_anything_due()
    await enqueue(uow, org_id, "k")
    assert await gated.runner().is_anything_due()
    await gated.runner().handle(DeliverDue())
    await break_it(gated, org_id)
    await enqueue(uow, org_id, "waiting")
    assert not await gated.runner().is_anything_due()
    clock.advance(seconds=POLICY.recovery_seconds)
    assert await gated.runner().is_anything_due()
