from datetime import timedelta
from uuid import uuid4

from application.ports.delivery_queues import Queue
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import Lease
from domain.delivery.retry_policy import RetryPolicy
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock


def a_message(kind: str, key: str) -> Message:
    return Message(kind=kind, event_type="lead.created", dedupe_key=key, payload={})


async def test_messages_of_all_companies_are_counted_by_kind_and_state(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    kind = f"kind-{uuid4().hex}"  # the tests share one database
    waiting_since = clock.now()
    for org_id in (an_org, rival):
        async with uow.begin(org_id) as unit:
            for number in range(2):
                await unit.outbox.add(a_message(kind, str(number)))
    clock.advance(minutes=7)
    now = clock.now()
    async with uow.begin(an_org) as unit:
        lost = await unit.outbox.add(a_message(kind, "lost"))
        under_way = await unit.outbox.add(a_message(kind, "under way"))
        events = await unit.outbox_queue.lock([lost, under_way])
        lease = Lease(token=uuid4(), runner="a", started_at=now, expires_at=now + timedelta(minutes=1))
        gone = (
            events[lost]
            .claim(lease)
            .fail(Fault(code="endpoint_gone", permanent=True), now, RetryPolicy(), 0.5)
        )
        await unit.outbox_queue.save([gone, events[under_way].claim(lease)])
    async with uow.begin_global() as unit:
        found = [queue for queue in await unit.delivery_queues.count(now) if queue.kind == kind]
    assert found == [Queue(kind, "dead", 1, None, 0), Queue(kind, "pending", 5, waiting_since, 1)]
