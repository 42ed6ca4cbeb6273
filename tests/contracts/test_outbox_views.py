from dataclasses import fields
from datetime import timedelta
from uuid import uuid4

import pytest

from application.ports.outbox import Message
from application.ports.outbox_views import MessageFilter, MessagePosition, MessageView
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, OrgId
from tests.support.clock import FixedClock
from tests.support.delivery import enqueue

ANY = MessageFilter()


async def a_history(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> list[EventId]:
    """Two mails about one thing in one instant, one of them sent; later an export without content, dead."""
    about = uuid4()
    mails = [
        Message(
            kind="email",
            event_type="booking_confirmed",
            dedupe_key=f"booking:{number}:confirmed",
            resource_type="booking",
            resource_id=about,
            payload={"to": f"Jane{number}@Example.com"},
        )
        for number in range(2)
    ]
    async with uow.begin(org_id) as unit:
        events = [await unit.outbox.add(mail, request_id="req-12345678") for mail in mails]
        sent = (await unit.outbox_queue.get(events[1])).settle(EventOutcome.DELIVERED, clock.now())
        await unit.outbox_queue.save([sent])
    clock.advance(minutes=1)
    events += await enqueue(uow, org_id, "lead:1:export", kind="export")
    async with uow.begin(org_id) as unit:
        await unit.outbox_queue.save([(await unit.outbox_queue.get(events[2])).die("timeout", clock.now())])
    return events


async def ids(uow: UnitOfWork, org_id: OrgId, wanted: MessageFilter) -> list[EventId]:
    async with uow.begin(org_id) as unit:
        found = [view.event_id for view in await unit.outbox_views.list_page(wanted, None, 50)]
        assert await unit.outbox_views.count(wanted) == len(found)
    return found


async def test_a_message_is_shown_without_what_is_nobody_s_business(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    mail, _, export = await a_history(uow, an_org, clock)
    async with uow.begin(an_org) as unit:
        event, view = await unit.outbox_queue.get(mail), await unit.outbox_views.get(mail)
        dead = await unit.outbox_views.get(export)
    assert not {"payload", "secret_sealed", "lease_token"} & {field.name for field in fields(MessageView)}
    same = {field.name for field in fields(MessageView)} - {"event_id", "recipient", "has_payload"}
    assert {name: getattr(view, name) for name in same} == {name: getattr(event, name) for name in same}
    assert (view.recipient, view.has_payload) == ("Jane0@Example.com", True)
    assert (dead.status, dead.last_error, dead.recipient, dead.has_payload) == (
        "dead",
        "timeout",
        None,
        False,
    )


async def test_filters_and_order(uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock) -> None:
    first, second, export = await a_history(uow, an_org, clock)
    await a_history(uow, rival, clock)
    newest_mails = sorted([first, second], reverse=True)
    assert await ids(uow, an_org, ANY) == [export, *newest_mails]
    assert await ids(uow, an_org, MessageFilter(kind="email")) == newest_mails
    assert await ids(uow, an_org, MessageFilter(status=EventStatus.SENT)) == [second]
    assert await ids(uow, an_org, MessageFilter(status=EventStatus.DEAD, last_error="timeout")) == [export]
    assert await ids(uow, an_org, MessageFilter(last_error="lost")) == []
    assert await ids(uow, an_org, MessageFilter(dedupe_key="booking:0:confirmed")) == [first]
    async with uow.begin(an_org) as unit:
        about = (await unit.outbox_views.get(first)).resource_id
    assert await ids(uow, an_org, MessageFilter(resource_type="booking", resource_id=about)) == newest_mails


async def test_pages_by_key_and_by_number_show_each_message_once(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await a_history(uow, an_org, clock)
    everything = await ids(uow, an_org, ANY)
    by_key, by_number, after = list[EventId](), list[EventId](), None
    async with uow.begin(an_org) as unit:
        for number in range(len(everything)):
            (view,) = await unit.outbox_views.list_page(ANY, after, 1)
            after = MessagePosition(view.created_at, view.event_id)
            by_key.append(view.event_id)
            by_number += [
                view.event_id for view in await unit.outbox_views.list_range(ANY, limit=1, offset=number)
            ]
        assert await unit.outbox_views.list_page(ANY, after, 1) == []
    assert by_key == by_number == everything


async def test_another_organisation_s_message_is_not_there(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    theirs = await a_history(uow, rival, clock)
    clock.advance(minutes=5)
    async with uow.begin(an_org) as unit:
        with pytest.raises(NotFound):
            await unit.outbox_views.get(theirs[0])
        far = MessagePosition(clock.now() + timedelta(days=1), theirs[0])
        assert await unit.outbox_views.list_page(ANY, far, 50) == []
        assert await unit.outbox_views.count(ANY) == 0


async def test_some_are_found_by_their_ids(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    ours, theirs = await a_history(uow, an_org, clock), await a_history(uow, rival, clock)
    async with uow.begin(an_org) as unit:
        found = await unit.outbox_views.find_many({*ours[1:], theirs[0], EventId(uuid4())})
        shown = [await unit.outbox_views.get(event_id) for event_id in ours[1:]]
        assert await unit.outbox_views.find_many([]) == []
    assert sorted(found, key=lambda view: view.event_id) == sorted(shown, key=lambda view: view.event_id)
