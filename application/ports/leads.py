from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.leads.lead import Lead
from domain.leads.lead_status import LeadStatus
from domain.shared.errors import Contended
from domain.shared.ids import BookingId, LeadId


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads to list. `created_from` is included, `created_before` is not.

    `q` is found, whatever its case, anywhere in name, e-mail or the digits of the phone."""

    statuses: frozenset[LeadStatus] = frozenset()
    q: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeadPosition:
    """Where a page ended, in the order newest first, then by id."""

    created_at: datetime
    lead_id: LeadId


class ReferralCodeTaken(Contended):
    """Another unit gave the same random code away at the same moment."""

    def __init__(self) -> None:
        super().__init__("Two requests came at the same moment. Send yours again.", retry_after_seconds=1)


class Leads(Protocol):
    """The requests for work of the organisation this unit of work was begun for; no other is visible."""

    async def get(self, lead_id: LeadId) -> Lead:
        """Raises LeadNotFound, also for another organisation's lead."""

    async def find(self, lead_id: LeadId) -> Lead | None:
        """As get, or None."""

    async def lock(self, lead_id: LeadId) -> Lead:
        """As get; and no other unit writes this lead until ours ends."""

    async def find_many(self, lead_ids: Iterable[LeadId]) -> Mapping[LeadId, Lead]:
        """Those that there are."""

    async def lock_many(self, lead_ids: Iterable[LeadId]) -> list[Lead]:
        """As lock, for each, in id order."""

    async def find_by_referral_code(self, code: str) -> Lead | None:
        """Whose code it is, written in capitals."""

    async def list_page(self, wanted: LeadFilter, after: LeadPosition | None, limit: int) -> list[Lead]:
        """Newest first, then by id."""

    async def booking_ids(self, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, tuple[BookingId, ...]]:
        """The bookings made for each lead, oldest first; a lead without any may be absent."""

    async def public_since(self, client_address: str, since: datetime) -> list[datetime]:
        """When public leads came from this address, oldest first, and no other unit adds one until ours
        ends."""

    async def any_estimated(self) -> bool:
        """Whether any lead holds an estimate, in the organisation's present currency therefore."""

    async def save(self, lead: Lead) -> None:
        """Insert or overwrite; seen by our later reads at once, by others when we commit.

        Raises ReferralCodeTaken: a code belongs to one lead."""

    async def save_many(self, leads: Sequence[Lead]) -> None:
        """As save, for each. None of them is new."""
