"""Rows of the outbox that somebody wrote by hand: odd ones, and no reason to stop for the others."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from adapters.memory.mailer import MemoryMailer
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.delivery.email_channel import EmailChannel
from domain.delivery.outbox_event import EventOutcome, EventStatus
from domain.delivery.replaying import OutboxNotReplayable
from domain.shared.ids import OrgId
from tests.application.delivery.test_email_channel import deliver, enqueue
from tests.support.clock import FixedClock
from tests.support.delivery import event_of, outcomes_of

REWRITE = text("update outbox_events set payload = cast(:payload as jsonb) where event_id = :event_id")
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
    assert len(mailer.sent) == 1
    event = await event_of(postgres_uow, an_org, odd)
    assert (event.status, event.last_error, event.attempts) == (EventStatus.DEAD, "payload_invalid", 1)
    with pytest.raises(OutboxNotReplayable):
        event.replay(clock.now(), None)


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
