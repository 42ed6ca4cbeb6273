"""What people find in their mailboxes: links and passwords that the outbox keeps sealed."""

from sqlalchemy import select

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.outbox_queue import EVENT, to_event
from adapters.postgres.tables.delivery import outbox_events
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.delivery.sealed import opened
from application.ports.field_cipher import FieldCipher
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import OrgId


async def mails(uow: UnitOfWork, org_id: OrgId, to: str) -> list[OutboxEvent]:
    """All to that address, oldest first, whether they have left or not."""
    if isinstance(uow, MemoryUnitOfWork):
        found = list(uow.orgs[org_id].outbox.values())
    else:
        assert isinstance(uow, PostgresUnitOfWork)
        async with uow.begin(org_id) as unit:
            rows = await unit.connection.execute(select(*EVENT).order_by(outbox_events.c.event_id))
            found = [to_event(row) for row in rows]
    return [event for event in found if str(event.payload.get("to", "")).lower() == to.lower()]


async def secrets(uow: UnitOfWork, cipher: FieldCipher, org_id: OrgId, to: str, template: str) -> list[str]:
    """Of the mails of one kind that have not been settled: the links, or the passwords."""
    found = [event for event in await mails(uow, org_id, to) if event.event_type == template]
    return [opened(cipher, event)["secret"] for event in found if event.secret_sealed is not None]


def token_of(address: str) -> str:
    """As the page behind the link reads it out of its own fragment."""
    return address.partition("#token=")[2]
