"""What a link stops, from the mail that carried it to the next that does not leave."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.jinja.templates import JinjaTemplates
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.compose import Sender
from application.delivery.email_channel import EmailChannel
from application.delivery.unsubscribe_links import UnsubscribeLinks, UnsubscribeTokenInvalid
from application.delivery.unsubscribing import (
    ShowUnsubscribeHandler,
    UndoUnsubscribeHandler,
    UnsubscribeHandler,
)
from application.ports.outbox import Message
from application.ports.suppressions import SuppressionFilter
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import EventOutcome
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.ids import EventId, OrgId
from tests.application.delivery.test_email_channel import deliver
from tests.contracts.test_suppressions import a_suppression, add
from tests.support.clock import FixedClock
from tests.support.delivery import event_of
from tests.support.personnel import CIPHER
from tests.support.unsubscribing import KEY, LINKS, OLD_KEY, Post, token_of, url_of

JANE = "Jane@example.com"
VISIT = {"starts_at": "2026-03-03T14:00:00Z", "ends_at": "2026-03-03T17:00:00Z", "name": "Jane"}


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def channel(post: Post, clock: FixedClock) -> EmailChannel:
    return EmailChannel(
        templates=JinjaTemplates(),
        mailer=post,
        sender=Sender(address="no-reply@example.org"),
        clock=clock,
        cipher=CIPHER,
        ids=SystemIdentifiers(),
        links=LINKS,
    )


async def enqueue(uow: UnitOfWork, org_id: OrgId, template: str, key: str, to: str = JANE) -> EventId:
    message = Message(
        kind="email", event_type=template, dedupe_key=f"{template}:{key}", payload={**VISIT, "to": to}
    )
    async with uow.begin(org_id) as unit:
        return await unit.outbox.add(message)


async def stop(uow: UnitOfWork, clock: FixedClock, token: str, links: UnsubscribeLinks = LINKS) -> None:
    await UnsubscribeHandler(uow, clock, SystemIdentifiers(), links).handle(token)


async def suppressions(uow: UnitOfWork, org_id: OrgId) -> list[Suppression]:
    async with uow.begin(org_id) as unit:
        return list(await unit.suppressions.list_page(SuppressionFilter(), None, 9))


async def outcome(uow: UnitOfWork, org_id: OrgId, event_id: EventId) -> EventOutcome | None:
    return (await event_of(uow, org_id, event_id)).outcome


@pytest.mark.parametrize("template", ["booking_completed", "nps_survey"])
async def test_every_attempt_carries_the_same_link_in_header_and_both_bodies(
    uow: UnitOfWork,
    an_org: OrgId,
    clock: FixedClock,
    channel: EmailChannel,
    post: Post,
    template: str,
) -> None:
    await enqueue(uow, an_org, template, "1")
    post.fault = Fault.of("timeout")
    await deliver(uow, clock, channel)
    post.fault = None
    clock.advance(seconds=60)
    await deliver(uow, clock, channel)
    first, second = post.tried
    assert url_of(first) == url_of(second)
    for mail in (first, second):
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert url_of(mail).startswith("https://clean.example/unsubscribe?token=")
        assert url_of(mail) in mail.text
        assert f'href="{url_of(mail)}"' in mail.html
        assert "jane" not in url_of(mail).lower()


async def test_other_mails_carry_none(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    await enqueue(uow, an_org, "booking_confirmed", "1")
    await deliver(uow, clock, channel)
    (mail,) = post.sent
    assert mail.headers == {}
    assert "nsubscribe" not in mail.text + mail.html


async def test_what_was_stopped_settles_as_suppressed_and_the_rest_still_leaves(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    first = await enqueue(uow, an_org, "nps_survey", "1")
    await deliver(uow, clock, channel)
    waiting = await enqueue(uow, an_org, "nps_survey", "2", to="JANE@EXAMPLE.COM")
    for _ in range(2):
        await stop(uow, clock, token_of(post.sent[0]))
    others = [
        (an_org, await enqueue(uow, an_org, "booking_completed", "1")),
        (an_org, await enqueue(uow, an_org, "booking_confirmed", "1")),
        (an_org, await enqueue(uow, an_org, "nps_survey", "3", to="bob@example.com")),
        (rival, await enqueue(uow, rival, "nps_survey", "4")),
    ]
    await deliver(uow, clock, channel)
    assert await outcome(uow, an_org, waiting) is EventOutcome.SUPPRESSED
    for org_id, event_id in others:
        assert await outcome(uow, org_id, event_id) is EventOutcome.DELIVERED
    (made,) = await suppressions(uow, an_org)
    assert (made.recipient, made.scope, made.reason) == (JANE, Scope.NPS, Reason.UNSUBSCRIBED)
    assert made.source_event_id == first


async def test_a_retry_after_the_stop_does_not_begin(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    event_id = await enqueue(uow, an_org, "nps_survey", "1")
    post.fault = Fault.of("timeout")
    await deliver(uow, clock, channel)
    await stop(uow, clock, token_of(post.tried[0]))
    post.fault = None
    clock.advance(seconds=60)
    await deliver(uow, clock, channel)
    assert len(post.tried) == 1
    assert await outcome(uow, an_org, event_id) is EventOutcome.SUPPRESSED


async def test_undoing_it_lifts_that_and_nothing_else(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    await enqueue(uow, an_org, "nps_survey", "1")
    await deliver(uow, clock, channel)
    token = token_of(post.sent[0])
    await stop(uow, clock, token)
    marketing = a_suppression(JANE, scope=Scope.MARKETING, reason=Reason.UNSUBSCRIBED)
    await add(uow, an_org, marketing)
    undo = UndoUnsubscribeHandler(uow, LINKS)
    for _ in range(2):
        await undo.handle(token)
    assert await suppressions(uow, an_org) == [marketing]
    complaint = a_suppression(JANE, reason=Reason.COMPLAINT)
    await add(uow, an_org, complaint)
    await undo.handle(token)
    assert complaint in await suppressions(uow, an_org)
    again = await enqueue(uow, an_org, "nps_survey", "2")
    await deliver(uow, clock, channel)
    assert await outcome(uow, an_org, again) is EventOutcome.SUPPRESSED


async def test_a_link_outlives_its_key_s_turn_and_the_record_of_its_mail(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    old = replace(channel, links=UnsubscribeLinks("", (OLD_KEY,)))
    event_id = await enqueue(uow, an_org, "nps_survey", "1")
    await deliver(uow, clock, old)
    async with uow.begin(an_org) as unit:
        email = await unit.emails.find(event_id)
        assert email is not None
    erased = old.links.read(token_of(post.sent[0]))
    rotated = UnsubscribeLinks("", (KEY, OLD_KEY))
    await stop(
        uow, clock, old.links.token(replace(erased, event_id=EventId(SystemIdentifiers().new()))), rotated
    )
    (made,) = await suppressions(uow, an_org)
    assert made.recipient is None
    waiting = await enqueue(uow, an_org, "nps_survey", "2")
    await deliver(uow, clock, replace(channel, links=rotated))
    assert await outcome(uow, an_org, waiting) is EventOutcome.SUPPRESSED
    await UndoUnsubscribeHandler(uow, rotated).handle(token_of(post.sent[0]))
    assert await suppressions(uow, an_org) == []


async def test_a_link_names_nobody_but_whom_it_was_sent_to(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    """As if it had been made with the id of another one's mail."""
    await enqueue(uow, an_org, "nps_survey", "1")
    bobs = await enqueue(uow, an_org, "nps_survey", "2", to="bob@example.com")
    await deliver(uow, clock, channel)
    hers = LINKS.read(next(token_of(mail) for mail in post.sent if mail.event_id != bobs))
    await stop(uow, clock, LINKS.token(replace(hers, event_id=bobs)))
    (made,) = await suppressions(uow, an_org)
    assert made.recipient is None


async def test_looking_changes_nothing_and_tells_no_address(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, post: Post
) -> None:
    await enqueue(uow, an_org, "nps_survey", "1")
    await deliver(uow, clock, channel)
    shown: Any = await ShowUnsubscribeHandler(uow, LINKS).handle(token_of(post.sent[0]))
    assert shown.scope is Scope.NPS
    assert "jane" not in repr(shown).lower()
    assert await suppressions(uow, an_org) == []


async def test_a_company_that_is_not_here_makes_the_link_worthless(
    uow: UnitOfWork, clock: FixedClock
) -> None:
    nowhere = OrgId(SystemIdentifiers().new())
    token = LINKS.url(nowhere, "nps", EventId(SystemIdentifiers().new()), JANE).partition("token=")[2]
    with pytest.raises(UnsubscribeTokenInvalid):
        await stop(uow, clock, token)
    with pytest.raises(UnsubscribeTokenInvalid):
        await UndoUnsubscribeHandler(uow, LINKS).handle(token)
