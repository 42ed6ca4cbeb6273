from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.ports.booking_views import BookingPeople, BookingSummary
from domain.booking.booking import Booking, BookingStatus
from domain.shared.ids import BookingId, LeadId, OrgId, TeamId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFilter:
    """Bookings whose visit touches `[touching_from, touching_before)`, and all else that is named."""

    touching_from: datetime
    touching_before: datetime
    statuses: frozenset[BookingStatus] = frozenset()
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None
    lead_id: LeadId | None = None
    unassigned: bool | None = None


@dataclass(frozen=True, slots=True)
class BookingPosition:
    """Where a page ended, in the order start, id."""

    starts_at: datetime
    booking_id: BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTime:
    """`[starts_at, held_until)` of a team and of workers, each of whom must be free."""

    team_id: TeamId | None
    worker_ids: tuple[WorkerId, ...]
    starts_at: datetime
    held_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClient:
    """By what a returning client is known again: lead, e-mail or phone, the last two normalised."""

    lead_id: LeadId | None = None
    email_norm: str | None = None
    phone_norm: str | None = None


@dataclass(frozen=True, slots=True)
class ClientHistory:
    """What this client's bookings say of them: one was kept, and how many they called off themselves."""

    returning: bool
    client_cancellations: int


@dataclass(frozen=True, slots=True)
class LeadStanding:
    """Whether any booking of a lead is live (holding its time), and whether any was done."""

    live: bool
    done: bool


class Bookings(Protocol):
    """The visits of the organisation this unit of work was begun for; no other is visible."""

    async def get(self, booking_id: BookingId) -> Booking:
        """Raises BookingNotFound, also for another organisation's."""

    async def find(self, booking_id: BookingId) -> Booking | None:
        """As get, or None."""

    async def lock(self, booking_id: BookingId) -> Booking:
        """As get; and no other unit writes this booking until ours ends."""

    async def find_many(self, booking_ids: Iterable[BookingId]) -> list[Booking]:
        """Those that there are, in id order."""

    async def lock_many(self, booking_ids: Iterable[BookingId]) -> list[Booking]:
        """As find_many, each locked, in id order."""

    async def claim_many(self, booking_ids: Iterable[BookingId]) -> None:
        """As claim, for each: all in one order, whoever asks."""

    async def claim(self, booking_id: BookingId) -> None:
        """Wait until nobody else has claimed it, and keep it until our unit ends. For those who lock teams
        and workers before the booking itself: others may lock and write it still."""

    async def save(self, booking: Booking) -> None:
        """Insert or overwrite, crew included. Raises SlotTaken where a pending or confirmed booking
        has the team or one of the crew between `starts_at` and `held_until`."""

    async def save_many(self, bookings: Sequence[Booking]) -> None:
        """As save, for one after the other in this order. None of them is new."""

    async def people(self, booking_id: BookingId) -> BookingPeople:
        """Who a booking is about, by today's names. Raises BookingNotFound."""

    async def list_page(
        self, wanted: BookingFilter, after: BookingPosition | None, limit: int
    ) -> list[BookingSummary]:
        """By start, then id."""

    async def live_of_lead(self, lead_id: LeadId) -> Sequence[Booking]:
        """Pending and confirmed ones, overdue holds among them, by start, then id."""

    async def standing_of(self, lead_id: LeadId) -> LeadStanding:
        """Overdue holds count as live until they are expired."""

    async def standings_of(self, lead_ids: Iterable[LeadId]) -> Mapping[LeadId, LeadStanding]:
        """As standing_of, for each; a lead without any booking may be absent."""

    async def history_of(self, client: KnownClient) -> ClientHistory:
        """Over every booking of the same lead, e-mail or phone."""

    async def count_live_public(self, client: KnownClient, now: datetime) -> int:
        """Public bookings of this e-mail or phone that hold their time now; and no other unit counts
        them for the same e-mail or phone until ours ends."""

    async def lock_overdue(self, wanted: WantedTime, now: datetime) -> Sequence[Booking]:
        """The overdue holds in the way, locked, by id."""

    async def claim_overdue(self, now: datetime, limit: int) -> Sequence[Booking]:
        """Overdue holds that no other unit is working on, locked, longest overdue first."""

    async def count_overdue(self, now: datetime) -> int: ...


class OverdueHolds(Protocol):
    """A door: which organisations have holds whose time to pay has run out."""

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        """By id."""
