from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.templates import Templates
from application.ports.unit_of_work import Unit
from domain.delivery.outbox_event import OutboxEvent
from domain.delivery.suppression import Suppression
from domain.shared.ids import EventId

EMAIL = "email"


class Addressed(Protocol):
    """A message as it is shown; `recipient` None: it is no mail, or was erased."""

    @property
    def event_id(self) -> EventId: ...
    @property
    def event_type(self) -> str: ...
    @property
    def recipient(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Addressed:
    event_id: EventId
    event_type: str
    recipient: str | None

    @classmethod
    def of(cls, event: OutboxEvent) -> "_Addressed":
        to = event.payload.get("to")
        is_mail = event.kind == EMAIL and isinstance(to, str)  # else composing it will say so
        return cls(event.id, event.event_type, str(to) if is_mail else None)


@dataclass(frozen=True, slots=True)
class SuppressedRecipients:
    """Whether an address gets mails of a template: by the address, or by a hash that a link of it held."""

    templates: Templates
    links: UnsubscribeLinks

    async def find(self, unit: Unit, template: str, address: str) -> Suppression | None:
        hashes = self.links.hashes(unit.org_id, address)
        return await unit.suppressions.find(address, self.templates.scope_of(template), hashes)

    async def among(self, unit: Unit, shown: Sequence[Addressed]) -> frozenset[EventId]:
        """Those of these dead messages that would not be replayed, asked for all at once."""
        mails = {each.event_id: (each.event_type, each.recipient) for each in shown if each.recipient}
        hashes = {to: self.links.hashes(unit.org_id, to) for _, to in mails.values()}
        if not mails:
            return frozenset()
        standing = await unit.suppressions.among(list(hashes), list(chain.from_iterable(hashes.values())))
        return frozenset(
            event_id
            for event_id, (template, to) in mails.items()
            if any(row.holds_back(self.templates.scope_of(template), to, hashes[to]) for row in standing)
        )

    async def held_back(self, unit: Unit, events: Sequence[OutboxEvent]) -> frozenset[EventId]:
        """Those of these messages whose recipient gets no mail of their kind, asked for all at once."""
        return await self.among(unit, [_Addressed.of(event) for event in events])

    async def is_held_back(self, unit: Unit, event: OutboxEvent) -> bool:
        to = event.payload.get("to")
        if event.kind != EMAIL or not isinstance(to, str):  # composing it will say so
            return False
        return await self.find(unit, event.event_type, to) is not None
