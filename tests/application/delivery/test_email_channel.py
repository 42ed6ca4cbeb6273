from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from adapters.jinja.templates import JinjaTemplates
from adapters.memory.mailer import MemoryMailer
from adapters.system.identifiers import SystemIdentifiers
from application.circuit_breaking import SharedCircuitBreakers
from application.delivery.channel import Channel
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.email_channel import EmailChannel, MailIsOff
from application.delivery.rules import Channels, DeliveryRules
from application.delivery.sealed import seal
from application.delivery.slots import DeliverySlots
from application.ports.carrier import Carrier
from application.ports.measures import Figure
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.email_event import EmailEvent, EmailStatus
from domain.delivery.faults import Fault, SmtpStage, smtp_fault
from domain.delivery.outbox_event import EventOutcome, EventStatus, OutboxEvent
from domain.delivery.retry_policy import RetryPolicy
from domain.delivery.suppression import Reason, Scope
from domain.shared.ids import EventId, OrgId
from tests.contracts.test_suppressions import a_suppression, add
from tests.support.clock import FixedClock
from tests.support.delivery import event_of, outcomes_of
from tests.support.measures import Heard
from tests.support.personnel import CIPHER

JANE = "jane@example.com"


def labels_of(heard: Heard, figure: Figure) -> Counter[tuple[str, ...]]:
    return Counter(each.labels for each in heard.counted if each.figure is figure)


async def test_what_became_of_mails_is_counted(
    measured: UnitOfWork,
    an_org: OrgId,
    clock: FixedClock,
    channel: EmailChannel,
    mailer: MemoryMailer,
    heard: Heard,
) -> None:
    mailer.refusals = {
        "gone@example.com": smtp_fault(SmtpStage.RECIPIENT, 550, "5.1.1 gone"),
        "grey@example.com": smtp_fault(SmtpStage.RECIPIENT, 450, "4.2.1 later"),
        "away@example.com": Fault.of("timeout"),
    }
    await add(measured, an_org, a_suppression("quiet@example.com"))
    for name in ("jane", "gone", "grey", "away", "quiet"):
        await enqueue(measured, an_org, to=f"{name}@example.com")
    await deliver(measured, clock, replace(channel, measures=heard))
    at_rest = {("request_received", status): 1 for status in ("sent", "bounced", "suppressed")}
    assert labels_of(heard, Figure.EMAIL_NOTIFICATIONS) == at_rest
    assert labels_of(heard, Figure.EMAIL_ADAPTER_OUTCOMES) == {
        ("accepted",): 1,
        ("refused",): 1,
        ("failed",): 2,
    }
    assert labels_of(heard, Figure.EMAIL_BOUNCES) == {("hard",): 1, ("soft",): 1}


async def test_a_mail_whose_record_is_rolled_back_is_not_counted(
    measured: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, heard: Heard
) -> None:
    event_id = await enqueue(measured, an_org)
    event = await event_of(measured, an_org, event_id)
    for follower, outcome in (
        (channel, EventOutcome.DELIVERED),
        (MailIsOff(JinjaTemplates()), EventOutcome.SKIPPED),
    ):
        with pytest.raises(ZeroDivisionError):
            await follow_and_fail(measured, an_org, follower, event.settle(outcome, clock.now()))
        bounced = event.die("recipient_refused", clock.now())
        with pytest.raises(ZeroDivisionError):
            await follow_and_fail(measured, an_org, follower, bounced)
    assert heard.counted == []


async def follow_and_fail(uow: UnitOfWork, org_id: OrgId, channel: Channel, event: OutboxEvent) -> None:
    async with uow.begin(org_id) as unit:
        await channel.follow(unit, [(event, None)])
        assert [each.figure for each in unit.counts.taken][:1] == [Figure.EMAIL_NOTIFICATIONS]
        raise ZeroDivisionError


async def deliver(
    uow: UnitOfWork,
    clock: FixedClock,
    channel: Channel,
    carrier: Carrier | None = None,
    max_attempts: int = 5,
) -> None:
    runner = DeliverDueHandler(
        uow=uow,
        clock=clock,
        ids=SystemIdentifiers(),
        rules=DeliveryRules(usual=RetryPolicy(max_attempts=max_attempts)),
        channels=Channels({"email": channel}),
        slots=DeliverySlots(16, 4),
        breakers=SharedCircuitBreakers(uow, clock, SystemIdentifiers()),
        runner="test",
        carrier=carrier,
    )
    await runner.handle(DeliverDue())


async def enqueue(
    uow: UnitOfWork, org_id: OrgId, template: str = "request_received", to: str = JANE, **values: Any
) -> EventId:
    message = Message(
        kind="email",
        event_type=template,
        dedupe_key=f"{template}:{uuid4()}",
        payload={"to": to, **values},
    )
    async with uow.begin(org_id) as unit:
        return await unit.outbox.add(message)


async def email_of(uow: UnitOfWork, org_id: OrgId, event_id: EventId) -> EmailEvent:
    async with uow.begin(org_id) as unit:
        email = await unit.emails.find(event_id)
    assert email is not None
    return email


async def test_a_mail_leaves_under_its_letterhead_and_is_written_down(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    event_id = await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    (mail,) = mailer.sent
    assert mail.message_id == f"<{event_id}@example.org>"
    assert (mail.sender.name, mail.recipient.address) == ("Acme Cleaning", JANE)
    email = await email_of(uow, an_org, event_id)
    assert (email.status, email.sent_at, email.template_version) == (EmailStatus.SENT, clock.now(), 1)
    assert email.subject == mail.subject == "We received your request – Acme Cleaning"


async def test_a_refused_recipient_is_a_bounce(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    mailer.refusals[JANE] = Fault.of("recipient_refused")
    event_id = await enqueue(uow, an_org)
    other = await enqueue(uow, an_org, to="bob@example.com")
    await deliver(uow, clock, channel)
    event = await event_of(uow, an_org, event_id)
    assert (event.status, event.last_error) == (EventStatus.DEAD, "recipient_refused")
    email = await email_of(uow, an_org, event_id)
    assert (email.status, email.bounced_at) == (EmailStatus.BOUNCED, clock.now())
    assert email.subject
    assert (await email_of(uow, an_org, other)).status is EmailStatus.SENT


async def test_a_fault_that_can_pass_leaves_the_mail_queued(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    mailer.refusals[JANE] = Fault.of("timeout")
    event_id = await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    assert (await email_of(uow, an_org, event_id)).status is EmailStatus.QUEUED
    mailer.refusals.clear()
    clock.advance(minutes=1)
    await deliver(uow, clock, channel)
    assert mailer.sent[0].message_id == f"<{event_id}@example.org>"
    assert (await email_of(uow, an_org, event_id)).status is EmailStatus.SENT


@pytest.mark.parametrize(
    ("template", "values", "error"),
    [
        ("no_such_template", {}, "payload_invalid"),
        ("booking_confirmed", {"starts_at": "soon"}, "payload_invalid"),
        ("request_received", {"to": "jane@example.com\r\nBcc: all@example.com"}, "header_invalid"),
        ("request_received", {"to": ""}, "payload_invalid"),
    ],
)
async def test_what_cannot_be_composed_dies_at_once(
    uow: UnitOfWork,
    an_org: OrgId,
    clock: FixedClock,
    channel: EmailChannel,
    mailer: MemoryMailer,
    template: str,
    values: dict[str, Any],
    error: str,
) -> None:
    event_id = await enqueue(uow, an_org, template, **{"to": JANE, **values})
    await deliver(uow, clock, channel)
    event = await event_of(uow, an_org, event_id)
    assert (event.status, event.last_error, event.attempts) == (EventStatus.DEAD, error, 1)
    assert (await email_of(uow, an_org, event_id)).status is EmailStatus.DEAD
    assert mailer.sent == []


async def test_strangers_cannot_fill_a_mailbox(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock, channel: EmailChannel
) -> None:
    wanted = [await enqueue(uow, an_org, to=to) for to in (JANE, "JANE@example.com", JANE, JANE)]
    elsewhere = await enqueue(uow, rival)
    solicited = await enqueue(uow, an_org, "password_changed")
    await deliver(uow, clock, channel)
    outcomes = [(await event_of(uow, an_org, event_id)).outcome for event_id in wanted]
    assert outcomes == [EventOutcome.DELIVERED] * 3 + [EventOutcome.SKIPPED]
    assert await outcomes_of(uow, an_org, wanted[3]) == []
    assert (await email_of(uow, an_org, wanted[3])).status is EmailStatus.SKIPPED
    async with uow.begin(an_org) as unit:  # no stranger can do this
        message = Message(
            kind="email",
            event_type="request_received",
            dedupe_key="resend",
            payload={"to": JANE},
            resend_of=wanted[3],
        )
        resent = await unit.outbox.add(message)
    await deliver(uow, clock, channel)
    assert (await email_of(uow, an_org, resent)).status is EmailStatus.SENT
    assert (await event_of(uow, rival, elsewhere)).outcome is EventOutcome.DELIVERED
    assert (await event_of(uow, an_org, solicited)).outcome is EventOutcome.DELIVERED
    clock.advance(days=1)
    tomorrow = await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    assert (await event_of(uow, an_org, tomorrow)).outcome is EventOutcome.DELIVERED


async def test_with_mail_off_nothing_leaves_and_nobody_need_look(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    event_id = await enqueue(uow, an_org)
    await deliver(uow, clock, MailIsOff(JinjaTemplates()))
    event = await event_of(uow, an_org, event_id)
    assert (event.status, event.outcome, event.sent_at) == (EventStatus.SENT, EventOutcome.SKIPPED, None)
    email = await email_of(uow, an_org, event_id)
    assert (email.status, email.template_version) == (EmailStatus.SKIPPED, 1)
    assert email.subject == "We received your request – Acme Cleaning"


async def test_a_sealed_secret_is_in_the_mail_and_then_nowhere(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    address = "https://sweepline.example/accept-invitation#token=abc"
    message = Message(
        kind="email",
        event_type="invitation",
        dedupe_key="link:1",
        payload={"to": JANE, "role": "viewer"},
        secret_sealed=seal(CIPHER, "link:1", address),
    )
    async with uow.begin(an_org) as unit:
        event_id = await unit.outbox.add(message)
    waiting = await event_of(uow, an_org, event_id)
    assert waiting.secret_sealed is not None
    assert b"token=abc" not in waiting.secret_sealed
    await deliver(uow, clock, channel)
    assert address in mailer.sent[0].text
    assert address in mailer.sent[0].html
    assert (await event_of(uow, an_org, event_id)).secret_sealed is None


async def test_a_secret_sealed_for_another_mail_opens_in_none(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    message = Message(
        kind="email",
        event_type="invitation",
        dedupe_key="link:2",
        payload={"to": JANE, "role": "viewer"},
        secret_sealed=seal(CIPHER, "link:1", "https://sweepline.example/#token=abc"),
    )
    async with uow.begin(an_org) as unit:
        event_id = await unit.outbox.add(message)
    await deliver(uow, clock, channel)
    event = await event_of(uow, an_org, event_id)
    assert (event.status, event.last_error) == (EventStatus.DEAD, "payload_invalid")
    assert mailer.sent == []


async def test_an_address_that_bounced_gets_no_mail_until_somebody_lifts_that(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    mailer.refusals[JANE] = Fault.of("recipient_refused")
    bounced = await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    mailer.refusals.clear()
    later = await enqueue(uow, an_org, to="JANE@example.com")
    other = await enqueue(uow, an_org, to="bob@example.com")
    await deliver(uow, clock, channel)
    event = await event_of(uow, an_org, later)
    assert (event.outcome, event.attempts) == (EventOutcome.SUPPRESSED, 0)
    assert (await email_of(uow, an_org, later)).status is EmailStatus.SUPPRESSED
    assert (await email_of(uow, an_org, other)).status is EmailStatus.SENT
    async with uow.begin(an_org) as unit:
        found = await unit.suppressions.find(JANE, "transactional")
        assert found is not None
        assert (found.scope, found.reason, found.source_event_id) == (
            Scope.ALL,
            Reason.HARD_BOUNCE,
            bounced,
        )
        await unit.suppressions.remove(found.id)
    again = await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    assert (await email_of(uow, an_org, again)).status is EmailStatus.SENT


async def test_a_suppression_that_came_after_the_enqueue_still_counts(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    event_id = await enqueue(uow, an_org)
    await add(uow, an_org, a_suppression(JANE, reason=Reason.MANUAL))
    await deliver(uow, clock, channel)
    assert (await event_of(uow, an_org, event_id)).outcome is EventOutcome.SUPPRESSED
    assert mailer.sent == []


@pytest.mark.parametrize("code", ["smtp_550", "smtp_552", "timeout"])
async def test_other_refusals_suppress_nobody(
    uow: UnitOfWork,
    an_org: OrgId,
    clock: FixedClock,
    channel: EmailChannel,
    mailer: MemoryMailer,
    code: str,
) -> None:
    mailer.refusals[JANE] = Fault(code=code, permanent=True)
    await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    async with uow.begin(an_org) as unit:
        assert await unit.suppressions.find(JANE, "transactional") is None


async def test_a_bounced_mail_that_is_replayed_is_not_tried_again(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel, mailer: MemoryMailer
) -> None:
    mailer.refusals[JANE] = Fault.of("recipient_refused")
    event_id = await enqueue(uow, an_org)
    await deliver(uow, clock, channel)
    mailer.refusals.clear()
    async with uow.begin(an_org) as unit:
        dead = (await unit.outbox_queue.lock([event_id]))[event_id]
        await unit.outbox_queue.save([dead.replay(clock.now(), None)])
    await deliver(uow, clock, channel)
    assert (await event_of(uow, an_org, event_id)).outcome is EventOutcome.SUPPRESSED
    assert mailer.sent == []
