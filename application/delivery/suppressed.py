from dataclasses import dataclass

from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.templates import Templates
from application.ports.unit_of_work import Unit
from domain.delivery.outbox_event import OutboxEvent
from domain.delivery.suppression import Suppression

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class SuppressedRecipients:
    """Whether an address gets mails of a template: by the address, or by a hash that a link of it held."""

    templates: Templates
    links: UnsubscribeLinks

    async def find(self, unit: Unit, template: str, address: str) -> Suppression | None:
        hashes = self.links.hashes(unit.org_id, address)
        return await unit.suppressions.find(address, self.templates.scope_of(template), hashes)

    async def is_held_back(self, unit: Unit, event: OutboxEvent) -> bool:
        to = event.payload.get("to")
        if event.kind != EMAIL or not isinstance(to, str):  # composing it will say so
            return False
        return await self.find(unit, event.event_type, to) is not None
