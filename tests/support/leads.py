"""Leads to test with."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.leads.lead import Lead, LeadDetails, LeadSource
from domain.leads.referral import referral_code
from domain.shared.ids import LeadId

ASKED_AT = datetime(2026, 3, 2, 15, tzinfo=UTC)


def a_lead(*, details: dict[str, Any] | None = None, **fields: Any) -> Lead:
    """One whose id and referral code are its own."""
    lead_id = LeadId(UUID(int=uuid7().int))
    lead = Lead(
        id=lead_id,
        details=LeadDetails(
            **{"name": "Jane Doe", "phone": "+1 555 010 0134", "email": "jane@example.com", **(details or {})}
        ),
        source=LeadSource.OFFICE,
        referral_code=referral_code(lead_id.bytes[-5:]),
        created_at=ASKED_AT,
        updated_at=ASKED_AT,
    )
    return replace(lead, **fields)
