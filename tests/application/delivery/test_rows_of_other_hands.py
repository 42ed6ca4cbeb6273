"""Rows of the outbox that somebody wrote by hand: odd ones, and no reason to stop for the others."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from adapters.memory.mailer import MemoryMailer
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.delivery.email_channel import EmailChannel
from application.delivery.export_channel import body_of
from application.ports.outbox import is_too_large
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.delivery.replaying import OutboxNotReplayable
from domain.shared.ids import OrgId
from tests.application.delivery.test_email_channel import deliver, enqueue
from tests.support.clock import FixedClock
from tests.support.delivery import event_of, outcomes_of

REWRITE = text("update outbox_events set payload = cast(:payload as jsonb) where event_id = :event_id")
FILL = text(
    "update outbox_events set payload = payload || jsonb_build_object('x', repeat('y', :bytes))"
    " where event_id = :event_id"
)
LEASE = text(
    "update outbox_events set attempts = 1, total_attempts = 1, lease_token = :token,"
    " lease_expires_at = :ends where event_id = :event_id"
)


@pytest.mark.parametrize("payload", [5, "text", None, True, [1, 2]])
async def test_what_is_no_set_of_values_dies_and_its_neighbours_leave(
    postgres_uow: PostgresUnitOfWork,
    an_org: OrgId,
    clock: FixedClock,
    channel: EmailChannel,
    mailer: MemoryMailer,
    payload: object,
) -> None:
    odd = await enqueue(postgres_uow, an_org)
    async with postgres_uow.begin(an_org) as unit:
        await unit.connection.execute(REWRITE, {"payload": json.dumps(payload), "event_id": odd})
    await enqueue(postgres_uow, an_org)
    await deliver(postgres_uow, clock, channel)
    assert [mail.org_id for mail in mailer.sent].count(an_org) == 1  # beside what other tests left
    event = await event_of(postgres_uow, an_org, odd)
    assert (event.status, event.last_error, event.attempts) == (EventStatus.DEAD, "payload_invalid", 1)
    async with postgres_uow.begin(an_org) as unit:
        assert await unit.emails.values_of([odd]) == {}
    with pytest.raises(OutboxNotReplayable):
        event.replay(clock.now(), None)


@pytest.mark.parametrize(("kind", "most"), [("email", 256 * 1024), ("export", 8 * 1024 * 1024)])
def test_what_is_larger_than_may_be_enqueued_is_not_sent(kind: str, most: int) -> None:
    bytes_around = len('{"data":{"x":""}}')
    for size, is_sent in ((most, True), (most + 1, False)):
        payload = {"data": {"x": "y" * (size - bytes_around)}}
        assert is_too_large(kind, payload) is not is_sent


async def test_a_mail_or_export_that_is_too_large_dies_at_once(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel
) -> None:
    event_id = await enqueue(postgres_uow, an_org)
    async with postgres_uow.begin(an_org) as unit:
        await unit.connection.execute(FILL, {"bytes": 256 * 1024, "event_id": event_id})
    event = await event_of(postgres_uow, an_org, event_id)
    with pytest.raises(DeliveryFailed, match="payload_too_large"):
        body_of(replace(event, kind="export", payload={"data": {"x": "y" * 8 * 1024 * 1024}}))
    await deliver(postgres_uow, clock, channel)
    event = await event_of(postgres_uow, an_org, event_id)
    assert (event.status, event.last_error, event.attempts) == (EventStatus.DEAD, "payload_too_large", 1)


async def test_a_lease_of_nobody_runs_out_like_any_other(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, clock: FixedClock, channel: EmailChannel
) -> None:
    """By its token and its end alone, which are all that a lease is to others."""
    event_id = await enqueue(postgres_uow, an_org)
    lease = {"event_id": event_id, "token": uuid4(), "ends": clock.now() + timedelta(seconds=60)}
    async with postgres_uow.begin(an_org) as unit:
        await unit.connection.execute(LEASE, lease)
    await deliver(postgres_uow, clock, channel)
    assert (await event_of(postgres_uow, an_org, event_id)).lease_token == lease["token"]
    clock.advance(seconds=61)
    await deliver(postgres_uow, clock, channel)
    assert (await event_of(postgres_uow, an_org, event_id)).outcome is EventOutcome.DELIVERED
    assert await outcomes_of(postgres_uow, an_org, event_id) == ["lost", "delivered"]
