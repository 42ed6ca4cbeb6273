"""How messages are found, taken and given back by those who deliver them."""

from dataclasses import replace
from datetime import timedelta

import anyio

from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.attempt import AttemptOutcome
from domain.delivery.outbox_event import EventOutcome
from domain.shared.ids import EventId, OrgId
from domain.tenancy.org import OrgStatus
from tests.support.clock import FixedClock
from tests.support.messages import a_lease, a_mail, due_of, enqueue, load


async def test_what_is_due_is_listed_earliest_first(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    (early,) = await enqueue(uow, an_org, a_mail("a"))
    clock.advance(seconds=1)
    (late,) = await enqueue(uow, an_org, a_mail("b"))
    assert await due_of(uow, clock, an_org) == [early, late]
    clock.advance(seconds=-1)
    assert await due_of(uow, clock, an_org) == [early]


async def test_each_organisation_shows_its_first_few(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    await enqueue(uow, an_org, *(a_mail(f"k{i}") for i in range(5)))
    await enqueue(uow, rival, a_mail())
    first, second = sorted([an_org, rival])
    async with uow.begin_global() as unit:
        due = await unit.due_messages.list_due(clock.now(), after=None, orgs=10_000, per_org=3)
        behind = await unit.due_messages.list_due(clock.now(), after=first, orgs=10_000, per_org=3)
    counts = {org_id: sum(m.org_id == org_id for m in due) for org_id in (an_org, rival)}
    assert counts == {an_org: 3, rival: 1}
    assert not any(m.org_id == first for m in behind)
    assert any(m.org_id == second for m in behind)


async def test_what_is_due_can_be_asked_for_by_kind(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    def an_export(key: str) -> Message:
        return Message(kind="export", event_type="lead.created", dedupe_key=key)

    mails = await enqueue(uow, an_org, *(a_mail(f"m{i}") for i in range(5)))
    exports = await enqueue(uow, an_org, *(an_export(f"e{i}") for i in range(3)))
    await enqueue(uow, rival, a_mail("only"))
    everything = dict[str, list[EventId]]()
    for kinds in (["export"], ["webhook"], ["email", "export"], []):
        async with uow.begin_global() as unit:
            due = await unit.due_messages.list_due(
                clock.now(), after=None, orgs=10_000, per_org=4, kinds=kinds
            )
        async with uow.begin(an_org) as ours:
            own = await ours.outbox_queue.due_ids(clock.now(), kinds=kinds, limit=4)
        found = [message.event_id for message in due if message.org_id == an_org]
        assert found == own
        everything["+".join(kinds)] = found
        assert any(message.org_id == rival for message in due) == ("email" in kinds)
    assert everything == {
        "export": exports,
        "webhook": [],
        "email+export": (mails + exports)[:4],
        "": [],
    }
    async with uow.begin_global() as unit:
        first = await unit.due_messages.list_due(
            clock.now(), after=None, orgs=1, per_org=9, kinds=["email", "export"]
        )
    assert len({message.org_id for message in first}) == 1


async def test_a_claimed_message_is_not_due_until_its_lease_ends(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    (event_id,) = await enqueue(uow, an_org, a_mail())
    lease = a_lease(clock)
    async with uow.begin(an_org) as unit:
        (event,) = await unit.outbox_queue.lock_due(clock.now(), limit=5)
        await unit.outbox_queue.save([event.claim(lease)])
    assert await due_of(uow, clock, an_org) == []
    async with uow.begin(an_org) as unit:
        assert await unit.outbox_queue.lock_due(clock.now(), limit=5) == []
    clock.advance(seconds=60)
    assert await due_of(uow, clock, an_org) == [event_id]
    claimed = await load(uow, an_org, event_id)
    assert (claimed.lease_token, claimed.lease_runner, claimed.attempts) == (lease.token, "a", 1)


async def test_so_many_are_taken_earliest_first_of_a_kind_and_not_those_put_aside(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    taken = []
    for key, kind in (("a", "email"), ("b", "export"), ("c", "export"), ("d", "email")):
        taken += await enqueue(uow, an_org, replace(a_mail(key), kind=kind))
        clock.advance(seconds=1)
    a, b, c, d = taken
    async with uow.begin(an_org) as unit:
        queue, now = unit.outbox_queue, clock.now()
        assert [event.id for event in await queue.lock_due(now, limit=2)] == [a, b]
        assert [event.id for event in await queue.lock_due(now, limit=2, kinds=["export"])] == [b, c]
        assert [event.id for event in await queue.lock_due(now, limit=2, not_these=[a, c])] == [b, d]
        assert await queue.lock_due(now - timedelta(hours=1), limit=2) == []


async def test_who_takes_finds_what_nobody_else_has_locked(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    event_ids = await enqueue(uow, an_org, *(a_mail(f"k{i}") for i in range(4)))
    taken: list[EventId] = []

    async def take() -> None:
        async with uow.begin(an_org) as unit:
            found = await unit.outbox_queue.lock_due(clock.now(), limit=2)
            await unit.outbox_queue.save([event.claim(a_lease(clock)) for event in found])
            await anyio.sleep(0.05)
        taken.extend(event.id for event in found)

    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(take)
    assert sorted(taken) == sorted(event_ids)


async def test_only_under_its_lease_is_a_message_overwritten(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    event_ids = await enqueue(uow, an_org, *(a_mail(f"k{i}") for i in range(4)))
    leases = [a_lease(clock) for _ in event_ids]
    claimed = [(await load(uow, an_org, i)).claim(lease) for i, lease in zip(event_ids, leases, strict=True)]
    async with uow.begin(an_org) as unit:
        await unit.outbox_queue.save(claimed)
    clock.advance(seconds=59)
    again = claimed[1].release(clock.now()).claim(a_lease(clock))  # somebody else's by now
    async with uow.begin(an_org) as unit:
        await unit.outbox_queue.save([again])
        await unit.outbox.withdraw("k2")
    now = clock.now()
    ends = {
        lease.token: event.settle(EventOutcome.DELIVERED, now)
        for lease, event in zip(leases, claimed, strict=True)
    }
    async with uow.begin(rival) as unit:
        assert await unit.outbox_queue.save_held(ends, now) == set()
    async with uow.begin(an_org) as unit:
        assert await unit.outbox_queue.save_held({}, now) == set()
        assert await unit.outbox_queue.save_held(ends, now + timedelta(seconds=1)) == set()
        assert await unit.outbox_queue.save_held(ends, now) == {event_ids[0], event_ids[3]}
        assert await unit.outbox_queue.save_held(ends, now) == set()
    assert await load(uow, an_org, event_ids[0]) == ends[leases[0].token]
    assert await load(uow, an_org, event_ids[1]) == again
    assert (await load(uow, an_org, event_ids[2])).outcome is EventOutcome.WITHDRAWN


async def test_a_late_answer_replaces_the_entry_lost_and_nothing_else_does(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    (event_id,) = await enqueue(uow, an_org, a_mail())
    claimed = (await load(uow, an_org, event_id)).claim(a_lease(clock))
    late = claimed.attempt(AttemptOutcome.LATE, finished_at=clock.now(), error="timeout")
    for attempt, expected in (
        (claimed.lost_attempt(), AttemptOutcome.LOST),
        (claimed.attempt(AttemptOutcome.DELIVERED, finished_at=clock.now()), AttemptOutcome.LOST),
        (late, AttemptOutcome.LATE),
        (claimed.lost_attempt(), AttemptOutcome.LATE),
    ):
        async with uow.begin(an_org) as unit:
            await unit.outbox_queue.record([attempt])
            kept = await unit.outbox_queue.attempts(event_id)
        assert [each.outcome for each in kept] == [expected]
    async with uow.begin(an_org) as unit:
        assert await unit.outbox_queue.attempts(event_id) == [late]


async def test_withdrawing_takes_the_lease_away(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    (event_id,) = await enqueue(uow, an_org, a_mail())
    async with uow.begin(an_org) as unit:
        event = await unit.outbox_queue.get(event_id)
        await unit.outbox_queue.save([event.claim(a_lease(clock))])
        await unit.outbox.withdraw(event.dedupe_key)
    withdrawn = await load(uow, an_org, event_id)
    assert (withdrawn.outcome, withdrawn.lease_token) == (EventOutcome.WITHDRAWN, None)


async def test_a_suspended_organisations_messages_wait(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await enqueue(uow, an_org, a_mail())
    async with uow.begin_global() as unit:
        await unit.directory.set_status(an_org, OrgStatus.SUSPENDED)
    assert await due_of(uow, clock, an_org) == []


async def test_an_answer_that_was_written_down_in_time_stays(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    (event_id,) = await enqueue(uow, an_org, a_mail())
    claimed = (await load(uow, an_org, event_id)).claim(a_lease(clock))
    delivered = claimed.attempt(AttemptOutcome.DELIVERED, finished_at=clock.now())
    late = claimed.attempt(AttemptOutcome.LATE, finished_at=clock.now())
    async with uow.begin(an_org) as unit:
        await unit.outbox_queue.record([delivered])
        await unit.outbox_queue.record([late])
        assert await unit.outbox_queue.attempts(event_id) == [delivered]


async def test_what_a_runner_holds_is_listed_until_it_is_over(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    ours = await enqueue(uow, an_org, *(a_mail(f"k{n}") for n in range(3)))
    (theirs,) = await enqueue(uow, rival, a_mail("theirs"))
    runners = [f"dead-{an_org}", f"other-{an_org}"]
    for org_id, event_id, runner in (
        (an_org, ours[0], runners[0]),
        (an_org, ours[1], runners[1]),
        (rival, theirs, runners[0]),
    ):
        event = await load(uow, org_id, event_id)
        async with uow.begin(org_id) as unit:
            await unit.outbox_queue.save([event.claim(replace(a_lease(clock), runner=runner))])

    async def held(*names: str, kinds: tuple[str, ...] = ("email", "export")) -> set[EventId]:
        async with uow.begin_global() as unit:
            found = await unit.due_messages.list_held(names, clock.now(), kinds=kinds)
        return {message.event_id for message in found}

    assert await held(runners[0]) == {ours[0], theirs}
    assert await held(*runners, kinds=("email",)) == {ours[0], ours[1], theirs}
    assert await held("nobody") == await held() == await held(*runners, kinds=("export",)) == set()
    first = await load(uow, an_org, ours[0])
    async with uow.begin(an_org) as unit:
        await unit.outbox_queue.save([first.end_lease(clock.now())])
    assert await held(runners[0]) == {theirs}
    clock.advance(seconds=60)
    assert await held(*runners) == set()
