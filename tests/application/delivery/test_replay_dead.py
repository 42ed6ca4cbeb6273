"""A bulk replay tells what became of its messages, whoever delivered them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import pytest

from adapters.jinja.templates import JinjaTemplates
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.delivery import delivered_elsewhere, outbox_pass
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.delivered_elsewhere import DeliveredElsewhere
from application.delivery.export_channel import Exports
from application.delivery.replay_dead import ReplayDead, ReplayDeadHandler, ReplayReport
from application.delivery.replays import ReplayChecks
from application.delivery.rules import Channels
from application.delivery.suppressed import SuppressedRecipients
from application.delivery.tally import Tally
from application.ports.carrier import Receipt
from application.ports.dead_letters import DeadSelection
from domain.delivery.outbox_event import OutboxEvent
from domain.identity.actor import Actor, ActorKind, Role
from domain.shared.ids import OrgId, UserId
from tests.application.delivery.test_deliver_due import claim
from tests.contracts.test_dead_letters import fail
from tests.support.clock import FixedClock
from tests.support.delivery import World, a_runner, accept, enqueue, hang, refuse
from tests.support.orgs import MakeOrg
from tests.support.unsubscribing import LINKS


@dataclass(slots=True)
class Gate:
    """A deed that waits until it is let go."""

    reached: anyio.Event = field(default_factory=anyio.Event)
    opened: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, event: OutboxEvent) -> Receipt:
        self.reached.set()
        await self.opened.wait()
        return await accept(event)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_pass, "LOOK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(delivered_elsewhere, "LOOK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(delivered_elsewhere, "TAKING_SECONDS", 0.03)


def replays(uow: MemoryUnitOfWork, clock: FixedClock, world: World, deliver: DeliverDueHandler) -> Any:
    suppressed = SuppressedRecipients(JinjaTemplates(), LINKS)
    return ReplayDeadHandler(
        uow=uow,
        clock=clock,
        channels=Channels({"webhook": world}),
        checks=ReplayChecks(clock, suppressed, Exports()),
        deliver=deliver,
        elsewhere=DeliveredElsewhere(uow),
    )


async def told_of(handler: ReplayDeadHandler, org_id: OrgId) -> ReplayReport:
    actor = Actor(org_id=org_id, kind=ActorKind.BEARER, role=Role.ADMIN, user_id=UserId(uuid4()))
    return await handler.handle(actor, ReplayDead(DeadSelection(kind="webhook")))


async def test_what_another_runner_takes_is_waited_for_and_told(
    memory_uow: MemoryUnitOfWork, make_org: MakeOrg, clock: FixedClock
) -> None:
    ours, theirs = await make_org(), await make_org()
    full, slow = Gate(), Gate()
    world = World(deeds={"theirs": full, "slow": slow, "bad": refuse("timeout"), "gone": refuse("expired")})
    await enqueue(memory_uow, theirs, "theirs")
    await fail(memory_uow, clock, ours, "slow", "bad", "gone", kind="webhook", payload={"id": 1})
    here = a_runner(memory_uow, clock, world, concurrency=1, per_org=1)
    there = a_runner(memory_uow, clock, world)
    reports = list[ReplayReport]()

    async def replay() -> None:
        reports.append(await told_of(replays(memory_uow, clock, world, here), ours))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(here.handle, DeliverDue(org_id=theirs))
            await full.reached.wait()  # no place is free here
            tasks.start_soon(replay)
            while not slow.reached.is_set():
                tasks.start_soon(there.handle, DeliverDue(org_id=ours))
                await anyio.sleep(0.005)
            full.opened.set()
            await anyio.sleep(0.05)
            assert not reports
            slow.opened.set()
    (report,) = reports
    assert report.tally is not None
    told = (report.replayed, report.tally.sent, report.tally.retry, report.tally.dead, report.is_done)
    assert told == (3, 1, 1, 1, True)


async def test_what_nobody_takes_is_not_waited_for_and_what_hangs_not_for_ever(
    memory_uow: MemoryUnitOfWork, make_org: MakeOrg, clock: FixedClock
) -> None:
    """As mails while their circuit is open."""
    hanging, org_id = World(otherwise=hang), await make_org()
    waiting, held = await enqueue(memory_uow, org_id, "waiting", "held")
    elsewhere, told, tally = DeliveredElsewhere(memory_uow), Tally(), Tally()
    with anyio.fail_after(5):
        await elsewhere.count(org_id, [waiting], told, ends_at=anyio.current_time() + 5)
        assert told == Tally()
        await claim(a_runner(memory_uow, clock, hanging), org_id, not_these=[waiting])
        await elsewhere.count(org_id, [waiting, held], tally, ends_at=anyio.current_time() + 0.1)
    assert tally == Tally(out_of_time=True)
