"""What is past its time, by class, on both databases."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.compliance.retention import RetentionClass, RetentionRules
from domain.delivery.outbox_event import EventOutcome
from domain.identity.link import Link, LinkPurpose
from domain.shared.ids import EventId, OrgId
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_export_events import stored
from tests.support.clock import FixedClock
from tests.support.identity import IDS, join

type Make = Callable[[UnitOfWork, FixedClock, OrgId, str], Awaitable[Any]]


async def a_sent_mail(
    uow: UnitOfWork,
    clock: FixedClock,
    org_id: OrgId,
    key: str,
    outcome: EventOutcome = EventOutcome.DELIVERED,
) -> EventId:
    async with uow.begin(org_id) as unit:
        message = Message(kind="email", event_type="x", dedupe_key=key, payload={"to": "jane@example.com"})
        event_id = await unit.outbox.add(message)
        (event,) = (await unit.outbox_queue.lock([event_id])).values()
        settled = event.settle(outcome, clock.now())
        await unit.outbox_queue.save([settled])
        email = await unit.emails.find(event_id)
        assert email is not None
        await unit.emails.save(email.composed(1, "Hello Jane").follow(settled))
    return event_id


async def a_dead_mail(uow: UnitOfWork, clock: FixedClock, org_id: OrgId, key: str) -> EventId:
    return (await fail(uow, clock, org_id, key))[0]


async def a_stored_export(uow: UnitOfWork, clock: FixedClock, org_id: OrgId, key: str) -> EventId:
    async with uow.begin(org_id) as unit:
        return await unit.exports.store(stored(clock, key))


async def a_dead_export(uow: UnitOfWork, clock: FixedClock, org_id: OrgId, key: str) -> EventId:
    return (await fail(uow, clock, org_id, key, kind="export", payload={"data": {"name": "Jane"}}))[0]


async def a_used_link(uow: UnitOfWork, clock: FixedClock, org_id: OrgId, key: str) -> Link:
    return await a_link(uow, clock, org_id, key, used_at=clock.now())


async def a_link(uow: UnitOfWork, clock: FixedClock, org_id: OrgId, key: str, **ends: Any) -> Link:
    person = await join(uow, org_id, clock.now())
    purpose = ends.pop("purpose", LinkPurpose.INVITATION)
    link = Link.to(person, purpose, IDS.new(), key.encode().ljust(32, b"."), clock.now())  # type: ignore[arg-type]
    async with uow.begin(org_id) as unit:
        await unit.links.add(replace(link, **ends))
    return link


MAKES: dict[RetentionClass, list[Make]] = {
    RetentionClass.OUTBOX: [a_sent_mail],
    RetentionClass.OUTBOX_DEAD: [a_dead_mail],
    RetentionClass.EMAIL_LOG: [a_sent_mail],
    RetentionClass.EXPORTS: [a_stored_export, a_dead_export],
    RetentionClass.SESSIONS: [a_used_link],
}
EVERY = [(kept, make) for kept, makes in MAKES.items() for make in makes]


def test_every_class_is_tried() -> None:
    assert set(MAKES) == set(RetentionClass)


async def clear(
    uow: UnitOfWork, org_id: OrgId, kept: RetentionClass, cutoff: datetime, limit: int = 100
) -> tuple[int, int]:
    """How many were due, and how many were cleared."""
    async with uow.begin(org_id) as unit:
        due = await unit.retention.count_due(kept, cutoff)
        return due, await unit.retention.clear(kept, cutoff, limit)


@pytest.mark.parametrize(("kept", "make"), EVERY)
async def test_what_is_due_goes_oldest_first_some_at_a_time_and_once(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, kept: RetentionClass, make: Make
) -> None:
    await make(uow, clock, rival, "theirs")
    for number in range(3):
        await make(uow, clock, an_org, f"k{number}")
        clock.advance(seconds=1)
    at = clock.now() - timedelta(seconds=2)
    assert await clear(uow, an_org, kept, at - timedelta(microseconds=1)) == (1, 1)
    assert await clear(uow, an_org, kept, at) == (1, 1)
    await make(uow, clock, an_org, "k3")
    assert await clear(uow, an_org, kept, clock.now(), limit=1) == (2, 1)
    assert await clear(uow, an_org, kept, clock.now()) == (1, 1)
    assert await clear(uow, an_org, kept, clock.now()) == (0, 0)
    async with uow.begin(rival) as unit:
        assert await unit.retention.count_due(kept, clock.now()) == 1


async def test_a_message_loses_what_it_says_and_keeps_its_key_for_good(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    sent = await a_sent_mail(uow, clock, an_org, "sent")
    (dead,) = await fail(uow, clock, an_org, "dead")
    async with uow.begin(an_org) as unit:
        waiting = await unit.outbox.add(
            Message(kind="email", event_type="x", dedupe_key="waiting", payload={"to": "a@b.c"})
        )
    for kept in (RetentionClass.OUTBOX, RetentionClass.OUTBOX_DEAD):
        assert await clear(uow, an_org, kept, clock.now()) == (1, 1)
    async with uow.begin(an_org) as unit:
        views = {event_id: await unit.outbox_views.get(event_id) for event_id in (sent, dead, waiting)}
        again = [
            await unit.outbox.add(
                Message(kind="email", event_type="x", dedupe_key=key, payload={"to": "a@b.c"})
            )
            for key in ("sent", "dead")
        ]
        due = await unit.outbox_queue.due_ids(clock.now(), limit=10)
    assert again == [sent, dead]
    assert due == [waiting]
    assert [view.has_payload for view in views.values()] == [False, False, True]
    assert [view.recipient for view in views.values()] == [None, None, "a@b.c"]


@pytest.mark.parametrize("outcome", [EventOutcome.SKIPPED, EventOutcome.SUPPRESSED, EventOutcome.WITHDRAWN])
async def test_what_settled_without_being_sent_goes_too(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, outcome: EventOutcome
) -> None:
    await a_sent_mail(uow, clock, an_org, "k", outcome)
    assert await clear(uow, an_org, RetentionClass.OUTBOX, clock.now()) == (1, 1)


async def test_a_mail_s_log_forgets_to_whom_it_went(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    event_id = await a_sent_mail(uow, clock, an_org, "k")
    async with uow.begin(an_org) as unit:
        queued = await unit.outbox.add(
            Message(kind="email", event_type="x", dedupe_key="q", payload={"to": "jane@example.com"})
        )
    assert await clear(uow, an_org, RetentionClass.EMAIL_LOG, clock.now()) == (1, 1)
    async with uow.begin(an_org) as unit:
        email, waiting = await unit.emails.find(event_id), await unit.emails.find(queued)
    assert email is not None
    assert (email.recipient, email.subject, email.status.value) == ("", "", "sent")
    assert waiting is not None
    assert waiting.recipient == "jane@example.com"


async def test_an_export_that_is_on_its_way_keeps_what_it_says(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    event_id = await a_dead_export(uow, clock, an_org, "k")
    async with uow.begin(an_org) as unit:
        (event,) = (await unit.outbox_queue.lock([event_id])).values()
        await unit.outbox_queue.save([event.replay(clock.now(), None)])
    assert await clear(uow, an_org, RetentionClass.EXPORTS, clock.now()) == (0, 0)
    other = await a_dead_export(uow, clock, an_org, "other")
    assert await clear(uow, an_org, RetentionClass.EXPORTS, clock.now()) == (1, 1)
    async with uow.begin(an_org) as unit:
        assert await unit.exports.content(other) is None
        assert await unit.exports.content(event_id) is not None


async def test_links_go_when_they_are_over_but_a_late_invitation_is_an_invitation(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    invited = await a_link(uow, clock, an_org, "invited")
    reset = await a_link(uow, clock, an_org, "reset", purpose=LinkPurpose.PASSWORD_RESET)
    voided = await a_link(uow, clock, an_org, "void", voided_at=clock.now())
    assert await clear(uow, an_org, RetentionClass.SESSIONS, clock.now()) == (1, 1)
    clock.advance(days=40)
    assert await clear(uow, an_org, RetentionClass.SESSIONS, clock.now()) == (1, 1)
    async with uow.begin(an_org) as unit:
        left = [link.purpose for link in (invited, reset, voided) if await unit.links.find(link.token_sha256)]
    assert left == [LinkPurpose.INVITATION]


async def test_what_another_unit_holds_is_passed_over(
    postgres_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    """On PostgreSQL; units of one organisation follow each other in memory."""
    uow = postgres_uow
    for key in ("a", "b", "c"):
        await a_dead_mail(uow, clock, an_org, key)
    kept, at = RetentionClass.OUTBOX_DEAD, clock.now()
    async with uow.begin(an_org) as one, uow.begin(an_org) as other:
        assert await one.retention.clear(kept, at, 2) == 2
        assert await other.retention.clear(kept, at, 10) == 1


def test_nothing_is_due_of_what_is_kept_for_good(clock: FixedClock) -> None:
    rules = RetentionRules(dict.fromkeys(RetentionClass, 0) | {RetentionClass.OUTBOX: 30})
    assert rules.cutoff(RetentionClass.SESSIONS, clock.now()) is None
    assert rules.cutoff(RetentionClass.OUTBOX, clock.now()) == clock.now() - timedelta(days=30)
