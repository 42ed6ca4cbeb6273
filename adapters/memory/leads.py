from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from application.ports.leads import LeadFilter, LeadPosition, ReferralCodeTaken
from domain.leads.errors import LeadNotFound
from domain.leads.lead import Lead, LeadSource
from domain.shared.ids import BookingId, LeadId


@dataclass(frozen=True, slots=True)
class MemoryLeads:
    rows: dict[LeadId, Lead]
    bookings: Mapping[Any, Any]

    async def get(self, lead_id: LeadId) -> Lead:
        if (lead := await self.find(lead_id)) is None:
            raise LeadNotFound
        return lead

    async def find(self, lead_id: LeadId) -> Lead | None:
        return self.rows.get(lead_id)

    async def lock(self, lead_id: LeadId) -> Lead:
        return await self.get(lead_id)

    async def find_many(self, lead_ids: Iterable[LeadId]) -> Mapping[LeadId, Lead]:
        return {lead_id: self.rows[lead_id] for lead_id in lead_ids if lead_id in self.rows}

    async def lock_many(self, lead_ids: Iterable[LeadId]) -> list[Lead]:
        return [self.rows[lead_id] for lead_id in sorted(set(lead_ids)) if lead_id in self.rows]

    async def save_many(self, leads: Sequence[Lead]) -> None:
        for lead in leads:
            await self.save(lead)

    async def find_by_referral_code(self, code: str) -> Lead | None:
        return next((lead for lead in self.rows.values() if lead.referral_code == code), None)

    async def list_page(self, wanted: LeadFilter, after: LeadPosition | None, limit: int) -> list[Lead]:
        matching = [lead for lead in self.rows.values() if _is_wanted(lead, wanted)]
        matching.sort(key=lambda lead: _place(lead.created_at, lead.id))
        if after is not None:
            last = _place(after.created_at, after.lead_id)
            matching = [lead for lead in matching if _place(lead.created_at, lead.id) > last]
        return matching[:limit]

    async def booking_ids(self, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, tuple[BookingId, ...]]:
        return {
            lead_id: tuple(sorted(row.id for row in self.bookings.values() if row.lead_id == lead_id))
            for lead_id in lead_ids
        }

    async def public_since(self, client_address: str, since: datetime) -> list[datetime]:
        return sorted(
            lead.created_at
            for lead in self.rows.values()
            if lead.source is LeadSource.PUBLIC
            and lead.client_address == client_address
            and lead.created_at > since
        )

    async def any_estimated(self) -> bool:
        return any(lead.estimate is not None for lead in self.rows.values())

    async def save(self, lead: Lead) -> None:
        if any(row.referral_code == lead.referral_code and row.id != lead.id for row in self.rows.values()):
            raise ReferralCodeTaken
        self.rows[lead.id] = lead


def _place(created_at: datetime, lead_id: UUID) -> tuple[float, int]:
    return -created_at.timestamp(), lead_id.int


def _is_wanted(lead: Lead, wanted: LeadFilter) -> bool:
    return (
        (not wanted.statuses or lead.status in wanted.statuses)
        and (wanted.created_from is None or lead.created_at >= wanted.created_from)
        and (wanted.created_before is None or lead.created_at < wanted.created_before)
        and (wanted.q is None or lead.mentions(wanted.q))
    )
