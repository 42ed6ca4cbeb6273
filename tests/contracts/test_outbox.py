from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import anyio
import pytest

from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.email_event import EmailStatus
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, OrgId
from tests.support.clock import FixedClock
from tests.support.messages import POLICY, a_lease, a_mail, due_of, enqueue, load


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


async def test_a_message_is_marked_with_what_its_request_is_part_of(uow: UnitOfWork, an_org: OrgId) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced: UnitOfWork = replace(cast("Any", uow), traceparent=lambda: trace)
    (event_id,) = await enqueue(traced, an_org, a_mail())
    assert (await load(uow, an_org, event_id)).traceparent == trace


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


async def test_dead_mails_about_what_has_changed_are_of_no_more_use(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    message = a_mail()
    assert message.resource_id is not None
    (theirs,) = await enqueue(uow, rival, message)
    other = replace(message, dedupe_key="b", resource_id=uuid4())
    another_kind = replace(message, dedupe_key="c", event_type="booking_crew")
    unsent = replace(message, dedupe_key="d")
    ours = await enqueue(uow, an_org, message, other, another_kind, unsent)
    for org_id, event_ids in ((rival, [theirs]), (an_org, ours[:3])):
        async with uow.begin(org_id) as unit:
            dead = (await unit.outbox_queue.lock(event_ids)).values()
            await unit.outbox_queue.save([event.die("timeout", clock.now()) for event in dead])
    clock.advance(minutes=1)
    async with uow.begin(an_org) as unit:
        await unit.outbox.outdate([message.resource_id], ["booking_confirmed"])
    ended = [(await load(uow, an_org, event_id)).expires_at for event_id in ours]
    assert ended == [clock.now(), None, None, None]
    assert (await load(uow, rival, theirs)).expires_at is None


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


def test_a_payload_has_a_limit() -> None:
    with pytest.raises(ValueError, match="262144"):
        Message(kind="email", event_type="x", dedupe_key="x", payload={"text": "é" * 140_000})


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
        said = await unit.emails.values_of([event_ids[2], EventId(uuid4()), foreign])
        assert said == {event_ids[2]: a_mail().payload}
        events = await unit.outbox_queue.lock(list(found))
        await unit.outbox_queue.save(
            [replace(events[event_ids[2]], leases_lost=1)]
        )  # may end who composes it
        assert await unit.emails.values_of(event_ids[1:]) == {event_ids[1]: a_mail().payload}
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
