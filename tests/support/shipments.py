"""Exports on their way to couriers that do what these say (`poisoned_courier`)."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from application.ports.carrier import Shipment
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId, OrgId
from tests.support.live import plain_environment

POISONED = (sys.executable, "-m", "tests.support.poisoned_courier")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def couriers_environment(home: Path, url: str) -> dict[str, str]:
    return plain_environment(home) | {
        "APP_ENV": "dev",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "EXPORT_MODE": "webhook",
        "EXPORT_WEBHOOK_URL": url,
        "EXPORT_WEBHOOK_ALLOW_HTTP": "true",
        "EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS": "false",
        "EXPORT_WEBHOOK_TIMEOUT_SECONDS": "50",
    }


def export(data: Mapping[str, object] | None = None, *, leases_lost: int = 0) -> Shipment:
    event = OutboxEvent(
        id=EventId(uuid4()),
        kind="export",
        event_type="lead.created",
        dedupe_key="k",
        payload={"data": data or {}},
        leases_lost=leases_lost,
        next_attempt_at=NOW,
        created_at=NOW,
    )
    return Shipment(org_id=OrgId(uuid4()), event=event)
