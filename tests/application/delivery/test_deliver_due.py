from collections.abc import Collection
from datetime import timedelta

import anyio
import pytest

from application.delivery.claims import Claims, Flight, Wish
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.settling import Landing, Settling
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.shared.ids import EventId, OrgId
from tests.support.clock import FixedClock
from tests.support.delivery import (
    World,
    a_runner,
    accept,
    enqueue,
    event_of,
    find_no_carrier,
    hang,
    lose,
    outcomes_of,
    refuse,
)


@pytest.fixture
def world() -> World:
    return World()


def claims_of(runner: DeliverDueHandler) -> Claims:
    return Claims(runner.uow, runner.clock, runner.ids, runner.rules, runner.channels, runner.runner)


def settling_of(runner: DeliverDueHandler) -> Settling:
    return Settling(runner.uow, runner.clock, runner.ids, runner.rules, runner.channels)


async def claim(
    runner: DeliverDueHandler, org_id: OrgId, count: int = 1, *, not_these: Collection[EventId] = ()
) -> list[Flight]:
    """What a runner does before it dies."""
    return (await claims_of(runner).claim(Wish(org_id=org_id, most=count, not_these=not_these))).flights


async def test_what_is_due_arrives_once(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    event_ids = await enqueue(uow, an_org, *(f"k{n}" for n in range(40)))
    tally = await a_runner(uow, clock, world).handle(DeliverDue())
    assert sorted(world.arrived) == sorted(event_ids)
    assert (tally.sent, tally.claimed) == (40, 40)
    event = await event_of(uow, an_org, event_ids[0])
    assert (event.outcome, event.attempts, event.sent_at) == (EventOutcome.DELIVERED, 1, clock.now())
    assert await outcomes_of(uow, an_org, event_ids[0]) == ["delivered"]
    assert (await a_runner(uow, clock, world).handle(DeliverDue())).claimed == 0


async def test_several_runners_deliver_each_exactly_once(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, world: World
) -> None:
    ours = await enqueue(uow, an_org, *(f"k{n}" for n in range(60)))
    theirs = await enqueue(uow, rival, *(f"k{n}" for n in range(60)))
    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(a_runner(uow, clock, world, runner=name).handle, DeliverDue())
    assert sorted(world.arrived) == sorted(ours + theirs)


async def test_never_more_in_flight_than_there_are_places(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, world: World
) -> None:
    await enqueue(uow, an_org, *(f"k{n}" for n in range(20)))
    await enqueue(uow, rival, *(f"k{n}" for n in range(20)))
    await a_runner(uow, clock, world, concurrency=3).handle(DeliverDue())
    assert world.most_in_flight <= 3
    assert len(world.arrived) == 40


async def test_a_fault_that_can_pass_is_tried_again_later(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    world.deeds["k"] = refuse("timeout")
    (event_id,) = await enqueue(uow, an_org, "k")
    tally = await a_runner(uow, clock, world).handle(DeliverDue())
    event = await event_of(uow, an_org, event_id)
    assert (tally.retry, event.status, event.last_error) == (1, EventStatus.RETRY, "timeout")
    assert event.next_attempt_at is not None
    wait = event.next_attempt_at - clock.now()
    assert timedelta(seconds=30) <= wait <= timedelta(seconds=37.5)
    world.deeds["k"] = accept
    clock.advance(seconds=38)
    await a_runner(uow, clock, world).handle(DeliverDue())
    assert await outcomes_of(uow, an_org, event_id) == ["failed", "delivered"]


async def test_a_message_is_tried_once_in_a_pass_even_without_a_wait(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    world.deeds["k"] = refuse("timeout")
    (event_id,) = await enqueue(uow, an_org, "k")
    runner = a_runner(uow, clock, world, base=0, max_attempts=3)
    for expected in (EventStatus.RETRY, EventStatus.RETRY, EventStatus.DEAD):
        await runner.handle(DeliverDue())
        assert (await event_of(uow, an_org, event_id)).status is expected
    assert await outcomes_of(uow, an_org, event_id) == ["failed"] * 3


async def test_what_its_carrier_lost_once_is_tried_again_in_the_same_pass_and_then_waits(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    world.deeds = {"beside": lose(times=1), "poison": lose(times=9)}
    neighbour, poison = await enqueue(uow, an_org, "beside", "poison")
    runner = a_runner(uow, clock, world, base=30, max_attempts=3)
    tally = await runner.handle(DeliverDue())
    assert (tally.sent, tally.retry) == (1, 3)
    assert await outcomes_of(uow, an_org, neighbour) == ["lost", "delivered"]
    event = await event_of(uow, an_org, poison)
    assert (event.attempts, event.leases_lost, event.last_error) == (2, 2, "lost")
    assert event.next_attempt_at is not None
    assert timedelta(seconds=60) <= event.next_attempt_at - clock.now() <= timedelta(seconds=75)
    assert (await runner.handle(DeliverDue())).claimed == 0
    clock.advance(seconds=75)
    await runner.handle(DeliverDue())
    event = await event_of(uow, an_org, poison)
    assert (event.status, event.last_error) == (EventStatus.DEAD, "lost")
    assert await outcomes_of(uow, an_org, poison) == ["lost"] * 3


async def test_what_found_no_carrier_was_not_tried(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    world.deeds["k"] = find_no_carrier(times=1000)
    (event_id,) = await enqueue(uow, an_org, "k")
    runner = a_runner(uow, clock, world, max_attempts=1)
    tally = await runner.handle(DeliverDue(taking_seconds=0.1))
    assert (tally.claimed, tally.sent, tally.out_of_time) == (0, 0, True)
    event = await event_of(uow, an_org, event_id)
    assert (event.status, event.attempts, event.total_attempts) == (EventStatus.PENDING, 0, 0)
    assert (event.is_due(clock.now()), event.last_error) == (True, None)
    world.deeds["k"] = find_no_carrier(times=1)
    (other,) = await enqueue(uow, an_org, "other")
    tally = await runner.handle(DeliverDue())
    assert (tally.claimed, tally.sent, tally.out_of_time) == (2, 2, False)
    assert world.arrived == [other, event_id]
    assert await outcomes_of(uow, an_org, event_id) == ["delivered"]


async def test_one_bad_message_spoils_no_other(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    async def explode(event: object) -> None:
        raise ZeroDivisionError

    world.deeds = {"bad": refuse("payload_invalid"), "bug": explode}  # type: ignore[dict-item]  # it is a bug
    bad, bug, good = await enqueue(uow, an_org, "bad", "bug", "good")
    tally = await a_runner(uow, clock, world).handle(DeliverDue())
    assert (tally.dead, tally.retry, tally.sent) == (1, 1, 1)
    assert (await event_of(uow, an_org, bad)).last_error == "payload_invalid"
    assert (await event_of(uow, an_org, bug)).last_error == "connection_failed"
    assert (await event_of(uow, an_org, good)).outcome is EventOutcome.DELIVERED


async def test_a_target_that_hangs_delays_nobody_and_is_cut_off(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, world: World
) -> None:
    hanging = [f"h{n}" for n in range(20)]
    world.deeds = dict.fromkeys(hanging, hang)
    await enqueue(uow, an_org, *hanging)
    (event_id,) = await enqueue(uow, rival, "k")
    began = anyio.current_time()
    await a_runner(uow, clock, world).handle(DeliverDue(taking_seconds=0.5, total_seconds=1))
    assert anyio.current_time() - began < 3
    assert world.arrived == [event_id]


async def test_a_new_message_is_taken_while_another_hangs(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, world: World
) -> None:
    world.deeds = {"h": hang}
    (hanging,) = await enqueue(uow, an_org, "h")
    runner = a_runner(uow, clock, world)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(runner.handle, DeliverDue(taking_seconds=2.5, total_seconds=3))
        await anyio.sleep(0.3)
        later = await enqueue(uow, rival, "k")
        await anyio.sleep(1.7)
        assert world.arrived == later
    assert (await event_of(uow, an_org, hanging)).last_error == "timeout"


async def test_a_lost_lease_costs_an_attempt_and_the_message_is_due_at_once(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    (event_id,) = await enqueue(uow, an_org, "k")
    await claim(a_runner(uow, clock, world, runner="dead"), an_org)
    assert (await a_runner(uow, clock, world).handle(DeliverDue())).claimed == 0
    clock.advance(seconds=60)
    await a_runner(uow, clock, world).handle(DeliverDue())
    assert world.arrived == [event_id]
    assert await outcomes_of(uow, an_org, event_id) == ["lost", "delivered"]
    assert (await event_of(uow, an_org, event_id)).attempts == 2


async def test_a_message_that_kills_its_runner_dies_and_its_neighbours_do_not(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    poison, neighbour = await enqueue(uow, an_org, "poison", "neighbour")
    for _ in range(2):  # both in flight when the runner dies, twice
        assert len(await claim(a_runner(uow, clock, world), an_org, 2)) == 2
        clock.advance(seconds=60)
    runner = a_runner(uow, clock, world)
    assert (await runner.handle(DeliverDue())).claimed == 0  # from now on they wait, and go one by one
    for event_id in (poison, neighbour):
        assert (await event_of(uow, an_org, event_id)).is_quarantined
    clock.advance(seconds=90)
    claimed = await claims_of(runner).claim(Wish(org_id=an_org, most=2))
    assert len(claimed.flights) == len(claimed.must_wait) == 1
    clock.advance(seconds=60)  # whichever it was, its runner died again
    while not (await event_of(uow, an_org, poison)).is_settled:
        await claim(runner, an_org, not_these=[neighbour])
        clock.advance(hours=1)
    for _ in range(2):  # the neighbour's last loss is noticed first
        await runner.handle(DeliverDue())
        clock.advance(hours=1)
    dead = await event_of(uow, an_org, poison)
    assert (dead.status, dead.last_error, dead.attempts) == (EventStatus.DEAD, "lost", 5)
    assert (await event_of(uow, an_org, neighbour)).outcome is EventOutcome.DELIVERED


async def test_quarantined_messages_fly_one_by_one(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    keys = [f"q{n}" for n in range(4)]
    event_ids = await enqueue(uow, an_org, *keys)
    for _ in range(2):
        await claim(a_runner(uow, clock, world), an_org, len(event_ids))
        clock.advance(seconds=60)
    await a_runner(uow, clock, world).handle(DeliverDue())
    clock.advance(hours=1)
    await a_runner(uow, clock, world).handle(DeliverDue())
    assert sorted(world.arrived) == sorted(event_ids)
    assert world.most_in_flight == 1


async def test_a_late_answer_changes_nothing(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    slow, quick = a_runner(uow, clock, world, runner="slow"), a_runner(uow, clock, world, runner="quick")
    (event_id,) = await enqueue(uow, an_org, "k")
    (flight,) = await claim(slow, an_org)
    clock.advance(seconds=61)
    await quick.handle(DeliverDue())
    sent = await event_of(uow, an_org, event_id)
    landing = Landing(flight=flight, finished_at=clock.now(), fault=Fault.of("header_invalid"))
    assert await settling_of(slow).settle(an_org, [landing]) == []
    assert await event_of(uow, an_org, event_id) == sent
    assert await outcomes_of(uow, an_org, event_id) == ["late", "delivered"]


async def test_an_answer_after_the_lease_is_late_even_if_nobody_took_over(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    runner = a_runner(uow, clock, world)
    (event_id,) = await enqueue(uow, an_org, "k")
    (flight,) = await claim(runner, an_org)
    clock.advance(seconds=60)
    await settling_of(runner).settle(an_org, [Landing(flight=flight, finished_at=clock.now())])
    assert (await event_of(uow, an_org, event_id)).status is EventStatus.PENDING
    await runner.handle(DeliverDue())
    assert await outcomes_of(uow, an_org, event_id) == ["late", "delivered"]


async def test_a_pointless_message_dies_untried(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    (event_id,) = await enqueue(uow, an_org, "k", expires_at=clock.now() + timedelta(hours=1))
    clock.advance(hours=1)
    tally = await a_runner(uow, clock, world).handle(DeliverDue())
    event = await event_of(uow, an_org, event_id)
    assert (tally.dead, event.last_error, event.attempts, world.arrived) == (1, "expired", 0, [])


async def test_an_unknown_kind_dies(uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World) -> None:
    (event_id,) = await enqueue(uow, an_org, "k", kind="pigeon")
    await a_runner(uow, clock, world).handle(DeliverDue())
    assert (await event_of(uow, an_org, event_id)).last_error == "unknown_kind"


@pytest.mark.parametrize("outcome", [EventOutcome.SKIPPED, EventOutcome.SUPPRESSED])
async def test_what_need_not_be_sent_settles_untried(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World, outcome: EventOutcome
) -> None:
    world.settled["k"] = outcome
    (event_id,) = await enqueue(uow, an_org, "k")
    tally = await a_runner(uow, clock, world).handle(DeliverDue())
    event = await event_of(uow, an_org, event_id)
    assert (tally.skipped, event.outcome, event.attempts) == (1, outcome, 0)


async def test_a_stop_ends_the_taking_and_lets_what_flies_land(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    event_ids = await enqueue(uow, an_org, *(f"k{n}" for n in range(9)))

    async def slowly(event: object) -> object:
        await anyio.sleep(0.1)
        return await accept(event)  # type: ignore[arg-type]  # an event

    world.otherwise = slowly  # type: ignore[assignment]  # as above
    runner = a_runner(uow, clock, world, concurrency=2, per_org=2)
    tally = await runner.handle(DeliverDue(is_stopping=lambda: world.most_in_flight > 0))
    assert tally.sent == 2
    states = [(await event_of(uow, an_org, i)).lease_token for i in event_ids]
    assert states == [None] * 9


async def test_a_pass_that_is_cut_short_hands_back_what_it_holds(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, world: World
) -> None:
    world.deeds["k"] = hang
    (event_id,) = await enqueue(uow, an_org, "k")
    runner = a_runner(uow, clock, world)
    with anyio.move_on_after(0.3):
        await runner.handle(DeliverDue())
    event = await event_of(uow, an_org, event_id)
    assert (event.lease_token, event.attempts, event.is_due(clock.now())) == (None, 0, True)
    assert runner.slots.free == 16


async def test_an_organisation_that_fails_is_passed_over(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    class HalfBroken(World):
        async def prepare(self, unit, events):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # as World's
            if unit.org_id == an_org:
                raise ZeroDivisionError
            return await World.prepare(self, unit, events)

    world = HalfBroken()
    await enqueue(uow, an_org, "k")
    (event_id,) = await enqueue(uow, rival, "k")
    tally = await a_runner(uow, clock, world).handle(DeliverDue())
    assert world.arrived == [event_id]
    assert tally.orgs_failed == {an_org}
