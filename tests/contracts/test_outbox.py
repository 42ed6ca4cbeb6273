from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import anyio
import pytest

from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.attempt import AttemptOutcome
from domain.delivery.email_event import EmailStatus
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import EventOutcome, EventStatus, Lease, OutboxEvent
from domain.delivery.retry_policy import RetryPolicy
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, OrgId
from domain.tenancy.org import OrgStatus
from tests.support.clock import FixedClock

POLICY = RetryPolicy()


def a_mail(key: str = "booking:1:confirmed", to: str = "Jane@Example.com") -> Message:
    return Message(
        kind="email",
        event_type="booking_confirmed",
        dedupe_key=key,
        resource_type="booking",
        resource_id=uuid4(),
        payload={"to": to, "name": "Jane", "note": "ü 漢 😀"},
    )


async def enqueue(uow: UnitOfWork, org_id: OrgId, *messages: Message) -> list[EventId]:
    async with uow.begin(org_id) as unit:
        return [await unit.outbox.add(message, request_id="req-12345678") for message in messages]


async def load(uow: UnitOfWork, org_id: OrgId, event_id: EventId) -> OutboxEvent:
    async with uow.begin(org_id) as unit:
        return await unit.outbox_queue.get(event_id)


def a_lease(clock: FixedClock, seconds: int = 60) -> Lease:
    now = clock.now()
    return Lease(token=uuid4(), runner="a", started_at=now, expires_at=now + timedelta(seconds=seconds))


async def due_of(uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> list[EventId]:
    async with uow.begin_global() as unit:
        due = await unit.due_messages.list_due(clock.now(), after=None, orgs=10_000, per_org=50)
    return [message.event_id for message in due if message.org_id == org_id]


async def test_an_enqueued_message_comes_back_whole(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    message = a_mail()
    (event_id,) = await enqueue(uow, an_org, message)
    event = await load(uow, an_org, event_id)
    assert event == OutboxEvent(
        id=event_id,
        kind="email",
        event_type="booking_confirmed",
        dedupe_key=message.dedupe_key,
        resource_type="booking",
        resource_id=message.resource_id,
        payload=message.payload,
        next_attempt_at=clock.now(),
        created_at=clock.now(),
        request_id="req-12345678",
    )


async def test_a_mail_is_queued_beside_its_message(uow: UnitOfWork, an_org: OrgId) -> None:
    message = a_mail()
    (event_id,) = await enqueue(uow, an_org, message)
    async with uow.begin(an_org) as unit:
        email = await unit.emails.find(event_id)
    assert email is not None
    assert (email.recipient, email.status) == ("Jane@Example.com", EmailStatus.QUEUED)
    assert (email.booking_id, email.lead_id) == (message.resource_id, None)


async def test_a_known_key_answers_the_first_row_for_ever(uow: UnitOfWork, an_org: OrgId) -> None:
    first, again = await enqueue(uow, an_org, a_mail(), a_mail(to="other@example.com"))
    assert first == again
    async with uow.begin(an_org) as unit:
        event = await unit.outbox_queue.get(first)
        await unit.outbox_queue.save([event.settle(EventOutcome.DELIVERED, event.created_at)])
    assert await enqueue(uow, an_org, a_mail()) == [first]


async def test_fifty_at_once_enqueue_one_row(uow: UnitOfWork, an_org: OrgId) -> None:
    found: set[EventId] = set()

    async def one() -> None:
        found.update(await enqueue(uow, an_org, a_mail()))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(one)
    assert len(found) == 1


async def test_the_same_key_in_another_organisation_is_another_message(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    (ours,), (theirs,) = await enqueue(uow, an_org, a_mail()), await enqueue(uow, rival, a_mail())
    assert ours != theirs
    async with uow.begin(rival) as unit:
        with pytest.raises(NotFound):
            await unit.outbox_queue.get(ours)
        assert await unit.outbox_queue.lock([ours]) == {}


async def test_a_rolled_back_change_leaves_no_message(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    async def change_its_mind() -> None:
        async with uow.begin(an_org) as unit:
            await unit.outbox.add(a_mail())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_its_mind()
    assert await due_of(uow, clock, an_org) == []


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


async def test_every_field_that_can_change_is_kept(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    (event_id,) = await enqueue(uow, an_org, a_mail())
    event = await load(uow, an_org, event_id)
    for step in (
        event.claim(a_lease(clock)),
        event.claim(a_lease(clock)).fail(Fault.of("timeout"), clock.now(), POLICY, 0.5),
        event.claim(a_lease(clock)).lose_lease(clock.now(), POLICY, 0.5),
        event.claim(a_lease(clock)).die("header_invalid", clock.now()),
        event.claim(a_lease(clock)).settle(EventOutcome.DELIVERED, clock.now()),
    ):
        async with uow.begin(an_org) as unit:
            await unit.outbox_queue.save([step])
        assert await load(uow, an_org, event_id) == step


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


async def test_withdrawing_settles_what_is_unsent_and_begins_so(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    keys = ["booking:1:reminder:a", "booking:1:reminder:b", "booking:1:reminders", "booking:12:reminder:a"]
    first, second, other, foreign = await enqueue(uow, an_org, *map(a_mail, keys))
    async with uow.begin(an_org) as unit:
        sent = (await unit.outbox_queue.get(second)).settle(EventOutcome.DELIVERED, clock.now())
        await unit.outbox_queue.save([sent])
    async with uow.begin(an_org) as unit:
        assert await unit.outbox.withdraw("booking:1:reminder:") == 1
        assert await unit.outbox.withdraw("booking:1:reminder:") == 0
        email = await unit.emails.find(first)
    assert (await load(uow, an_org, first)).outcome is EventOutcome.WITHDRAWN
    assert (await load(uow, an_org, second)).outcome is EventOutcome.DELIVERED
    assert (await load(uow, an_org, other)).status is EventStatus.PENDING
    assert (await load(uow, an_org, foreign)).status is EventStatus.PENDING
    assert email is not None
    assert email.status is EmailStatus.WITHDRAWN


async def test_withdrawing_takes_the_lease_away(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    (event_id,) = await enqueue(uow, an_org, a_mail())
    async with uow.begin(an_org) as unit:
        event = await unit.outbox_queue.get(event_id)
        await unit.outbox_queue.save([event.claim(a_lease(clock))])
        await unit.outbox.withdraw(event.dedupe_key)
    withdrawn = await load(uow, an_org, event_id)
    assert (withdrawn.outcome, withdrawn.lease_token) == (EventOutcome.WITHDRAWN, None)


async def test_mails_of_a_day_are_counted_by_recipient_in_any_case(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await enqueue(uow, an_org, a_mail("old"))
    clock.advance(days=1)
    one, two = await enqueue(uow, an_org, a_mail("one", "jane@example.com"), a_mail("two", "bob@example.com"))
    clock.advance(seconds=1)
    (three,) = await enqueue(uow, an_org, a_mail("three", "JANE@example.com"))
    day = timedelta(days=1)
    async with uow.begin(an_org) as unit:
        emails = [email for i in (one, two, three) if (email := await unit.emails.find(i))]
        counts = [await unit.emails.count_earlier(email, ["booking_confirmed"], day) for email in emails]
        assert counts == [0, 0, 1]
        assert await unit.emails.count_earlier(emails[2], ["request_received"], day) == 0


async def test_a_suspended_organisations_messages_wait(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await enqueue(uow, an_org, a_mail())
    async with uow.begin_global() as unit:
        await unit.directory.set_status(an_org, OrgStatus.SUSPENDED)
    assert await due_of(uow, clock, an_org) == []


def test_a_payload_has_a_limit() -> None:
    with pytest.raises(ValueError, match="262144"):
        Message(kind="email", event_type="x", dedupe_key="x", payload={"text": "é" * 140_000})


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


async def test_mails_that_were_not_sent_on_purpose_do_not_count(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    *event_ids, last = await enqueue(uow, an_org, *(a_mail(f"k{n}") for n in range(4)))
    outcomes = [EventOutcome.SKIPPED, EventOutcome.SUPPRESSED, EventOutcome.DELIVERED]
    async with uow.begin(an_org) as unit:
        for event_id, outcome in zip(event_ids, outcomes, strict=True):
            email = await unit.emails.find(event_id)
            assert email is not None
            event = (await unit.outbox_queue.get(event_id)).settle(outcome, clock.now())
            await unit.emails.save(email.follow(event))
        email = await unit.emails.find(last)
        assert email is not None
        assert await unit.emails.count_earlier(email, ["booking_confirmed"], timedelta(days=1)) == 1


async def test_mails_are_read_and_saved_many_at_once(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    event_ids = await enqueue(uow, an_org, *(a_mail(key=f"k{n}") for n in range(3)))
    (foreign,) = await enqueue(uow, rival, a_mail())
    async with uow.begin(an_org) as unit:
        found = await unit.emails.find_many([event_ids[2], EventId(uuid4()), foreign, event_ids[0]])
        assert set(found) == {event_ids[0], event_ids[2]}
        assert await unit.emails.find_many([]) == {}
        events = await unit.outbox_queue.lock(list(found))
        sent = [
            email.composed(2, "Hello").follow(
                events[email.event_id].settle(EventOutcome.DELIVERED, clock.now())
            )
            for email in found.values()
        ]
        await unit.emails.save_many(sent)
        await unit.emails.save_many([])
    async with uow.begin(an_org) as unit:
        assert list((await unit.emails.find_many([sent[0].event_id])).values()) == sent[:1]
        states = [(await unit.emails.find_many(event_ids))[event_id].status for event_id in event_ids]
    assert states == [EmailStatus.SENT, EmailStatus.QUEUED, EmailStatus.SENT]


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
