"""Carrying a message out into the world, apart from whoever keeps the books about it."""

from dataclasses import dataclass
from typing import Protocol

from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One message with all that is needed to send it, gathered before its transaction closed."""

    org_id: OrgId
    event: OutboxEvent  # as it was found
    profile: OrgProfile | None = None  # whose letterhead a mail has


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the world said when it took the message, and how a mail was composed."""

    provider_message_id: str | None = None
    http_status: int | None = None
    template_version: int | None = None
    subject: str = ""


class CarrierLost(Exception):
    """Whoever had the message is gone, and nobody knows how far it came."""


class CarrierMissing(Exception):
    """Nobody could be handed the message just now: it was not tried."""


class Carrier(Protocol):
    async def carry(self, shipment: Shipment) -> Receipt:
        """Outside any transaction. Raises DeliveryFailed with the fault, CarrierLost, CarrierMissing."""
