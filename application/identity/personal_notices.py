from uuid import UUID

from application.ports.outbox import Message
from application.ports.unit_of_work import Unit
from domain.identity.person import Person


async def tell_person(unit: Unit, person: Person, template: str, event: UUID, request_id: str) -> None:
    """A mail about the own account, once for each event."""
    notice = Message(
        kind="email",
        event_type=template,
        dedupe_key=f"user:{person.id}:{template}:{event}",
        resource_type="person",
        resource_id=person.id,
        payload={"to": person.email},
    )
    await unit.outbox.add(notice, request_id=request_id)
