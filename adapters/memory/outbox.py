"""A first cut: enqueue and withdraw. The delivery context completes it with claims and settling."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.outbox import Message
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True)
class MemoryOutbox:
    rows: dict[UUID, dict[str, Any]]
    clock: Clock
    ids: Identifiers

    async def add(self, message: Message, *, request_id: str = "") -> EventId:
        for event_id, row in self.rows.items():
            if row["message"].dedupe_key == message.dedupe_key:
                return EventId(event_id)
        event_id = self.ids.new()
        self.rows[event_id] = {
            "message": message,
            "request_id": request_id,
            "status": "pending",
            "at": self.clock.now(),
        }
        return EventId(event_id)

    async def withdraw(self, dedupe_key_prefix: str) -> int:
        unsent = [
            event_id
            for event_id, row in self.rows.items()
            if row["message"].dedupe_key.startswith(dedupe_key_prefix)
            and row["status"] in {"pending", "retry"}
        ]
        for event_id in unsent:
            self.rows[event_id] = {**self.rows[event_id], "status": "sent", "outcome": "withdrawn"}
        return len(unsent)
