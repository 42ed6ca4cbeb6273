"""A lead as plain JSON values: its admin detail, and what the export carries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.leads.lead import Lead
from domain.shared.estimate_values import answered_estimate
from domain.shared.ids import BookingId

UTM = ("source", "medium", "campaign", "term", "content")


def lead_values(lead: Lead, booking_ids: Sequence[BookingId]) -> dict[str, Any]:
    details = lead.details
    estimate = answered_estimate(lead.estimate) if lead.estimate else None
    return {
        "lead_id": str(lead.id),
        "status": lead.status.value,
        "source": lead.source.value,
        "name": details.name,
        "phone": details.phone,
        "email": details.email,
        "postal_code": details.postal_code,
        "address": details.address,
        "preferred_dates": [day.isoformat() for day in details.preferred_dates],
        "access_notes": details.access_notes,
        "parking": details.parking,
        "pets": details.pets,
        "allergies": details.allergies,
        "notes": details.notes,
        "home": estimate["home"] if estimate else None,
        "estimate": estimate,
        "utm": {name: details.utm.get(name) for name in UTM},
        "referrer": details.referrer,
        "referral_code": lead.referral_code,
        "referred_by_code": lead.referred_by_code,
        "referral_credits": lead.referral_credits,
        "booking_ids": [str(booking_id) for booking_id in booking_ids],
        "version": lead.version,
        "created_at": _instant(lead.created_at),
        "updated_at": _instant(lead.updated_at),
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
