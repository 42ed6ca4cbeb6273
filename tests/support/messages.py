"""Messages of the outbox, and what the contract tests do with them."""

from datetime import timedelta
from uuid import uuid4

from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import Lease, OutboxEvent
from domain.delivery.retry_policy import RetryPolicy
from domain.shared.ids import EventId, OrgId
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
