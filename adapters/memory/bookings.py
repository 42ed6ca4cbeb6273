from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.booking_views import BookingPeople, BookingSummary, CrewMember, PhotoTally, summary_of
from application.ports.bookings import (
    BookingFilter,
    BookingPosition,
    ClientHistory,
    KnownClient,
    LeadStanding,
    WantedTime,
)
from domain.booking.booking import Booking, BookingSource, BookingStatus, CancelledBy
from domain.booking.refusals import BookingNotFound, SlotTaken
from domain.leads.lead import Lead
from domain.photos.photo import Phase, Photo
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.ids import BookingId, LeadId, OrgId, PhotoId, TeamId, WorkerId

KEPT = frozenset({BookingStatus.CONFIRMED, BookingStatus.DONE})


@dataclass(frozen=True, slots=True)
class MemoryBookings:
    rows: dict[BookingId, Booking]
    leads: Mapping[LeadId, Lead]
    teams: Mapping[TeamId, Team]
    workers: Mapping[WorkerId, Worker]
    photos: Mapping[PhotoId, Photo]

    async def get(self, booking_id: BookingId) -> Booking:
        if (booking := await self.find(booking_id)) is None:
            raise BookingNotFound
        return booking

    async def find(self, booking_id: BookingId) -> Booking | None:
        return self.rows.get(booking_id)

    async def lock(self, booking_id: BookingId) -> Booking:
        return await self.get(booking_id)

    async def find_many(self, booking_ids: Iterable[BookingId]) -> list[Booking]:
        return [self.rows[booking_id] for booking_id in sorted(set(booking_ids)) if booking_id in self.rows]

    async def lock_many(self, booking_ids: Iterable[BookingId]) -> list[Booking]:
        return await self.find_many(booking_ids)

    async def claim_many(self, booking_ids: Iterable[BookingId]) -> None:
        """Units of one organisation already come one after the other."""

    async def claim(self, booking_id: BookingId) -> None:
        """Units of one organisation already come one after the other."""

    async def save(self, booking: Booking) -> None:
        if booking.is_live and any(
            other.is_live and _collide(booking, other)
            for other in self.rows.values()
            if other.id != booking.id
        ):
            raise SlotTaken
        self.rows[booking.id] = booking

    async def save_many(self, bookings: Sequence[Booking]) -> None:
        for booking in bookings:
            await self.save(booking)

    async def people(self, booking_id: BookingId) -> BookingPeople:
        return self._people(await self.get(booking_id))

    async def list_page(
        self, wanted: BookingFilter, after: BookingPosition | None, limit: int
    ) -> list[BookingSummary]:
        found = [booking for booking in self.rows.values() if _is_wanted(booking, wanted)]
        found.sort(key=_place)
        if after is not None:
            found = [b for b in found if _place(b) > (after.starts_at, after.booking_id)]
        return [summary_of(booking, self._people(booking)) for booking in found[:limit]]

    async def live_of_lead(self, lead_id: LeadId) -> Sequence[Booking]:
        return sorted((b for b in self.rows.values() if b.lead_id == lead_id and b.is_live), key=_place)

    async def standing_of(self, lead_id: LeadId) -> LeadStanding:
        of_lead = [booking for booking in self.rows.values() if booking.lead_id == lead_id]
        return LeadStanding(
            live=any(booking.is_live for booking in of_lead),
            done=any(booking.status is BookingStatus.DONE for booking in of_lead),
        )

    async def standings_of(self, lead_ids: Iterable[LeadId]) -> Mapping[LeadId, LeadStanding]:
        return {lead_id: await self.standing_of(lead_id) for lead_id in lead_ids}

    async def history_of(self, client: KnownClient) -> ClientHistory:
        theirs = [b for b in self.rows.values() if b.lead_id and self._is_of(b.lead_id, client)]
        called_off = (b.cancelled for b in theirs if b.cancelled)
        return ClientHistory(
            returning=any(booking.status in KEPT for booking in theirs),
            client_cancellations=sum(cancelled.by is CancelledBy.CLIENT for cancelled in called_off),
        )

    async def count_live_public(self, client: KnownClient, now: datetime) -> int:
        return sum(
            booking.source is BookingSource.PUBLIC and booking.holds(now) and self._is_of(lead_id, client)
            for booking in self.rows.values()
            if (lead_id := booking.lead_id)
        )

    async def lock_overdue(self, wanted: WantedTime, now: datetime) -> Sequence[Booking]:
        return sorted((b for b in self._in_the_way(wanted) if b.is_overdue(now)), key=_by_id)

    async def claim_overdue(self, now: datetime, limit: int) -> Sequence[Booking]:
        overdue = [(b.expires_at, b.id, b) for b in self.rows.values() if b.expires_at and b.is_overdue(now)]
        return [booking for *_, booking in sorted(overdue, key=lambda row: row[:2])[:limit]]

    async def count_overdue(self, now: datetime) -> int:
        return sum(booking.is_overdue(now) for booking in self.rows.values())

    def _in_the_way(self, wanted: WantedTime) -> Iterable[Booking]:
        for booking in self.rows.values():
            slot = booking.slot
            meets = slot.starts_at < wanted.held_until and wanted.starts_at < slot.held_until
            theirs = slot.team_id == wanted.team_id or not set(booking.crew).isdisjoint(wanted.worker_ids)
            if booking.is_live and meets and theirs:
                yield booking

    def _is_of(self, lead_id: LeadId, client: KnownClient) -> bool:
        lead = self.leads[lead_id]
        return (
            lead_id == client.lead_id
            or (client.email_norm is not None and lead.email_norm == client.email_norm)
            or (client.phone_norm is not None and lead.phone_norm == client.phone_norm)
        )

    def _people(self, booking: Booking) -> BookingPeople:
        lead = self.leads[booking.lead_id] if booking.lead_id else None
        phases = [photo.phase for photo in self.photos.values() if photo.booking_id == booking.id]
        return BookingPeople(
            lead_name=lead.name if lead else None,
            lead_phone=lead.phone if lead else None,
            lead_email=lead.email if lead else None,
            team_name=self.teams[booking.slot.team_id].name,
            crew=tuple(CrewMember(worker_id, self.workers[worker_id].name) for worker_id in booking.crew),
            photos=PhotoTally(phases.count(Phase.BEFORE), phases.count(Phase.AFTER)),
        )


@dataclass(frozen=True, slots=True)
class MemoryOverdueHolds:
    orgs: Mapping[OrgId, Mapping[BookingId, Booking]]

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        return sorted(
            org_id for org_id, rows in self.orgs.items() if any(b.is_overdue(now) for b in rows.values())
        )


def _collide(one: Booking, other: Booking) -> bool:
    meets = one.slot.starts_at < other.slot.held_until and other.slot.starts_at < one.slot.held_until
    shared = one.slot.team_id == other.slot.team_id or not set(one.crew).isdisjoint(other.crew)
    return meets and shared


def _is_wanted(booking: Booking, wanted: BookingFilter) -> bool:
    slot = booking.slot
    return (
        slot.starts_at < wanted.touching_before
        and wanted.touching_from < slot.ends_at
        and (not wanted.statuses or booking.status in wanted.statuses)
        and wanted.team_id in {None, slot.team_id}
        and wanted.lead_id in {None, booking.lead_id}
        and (wanted.worker_id is None or wanted.worker_id in booking.crew)
        and (wanted.unassigned is None or wanted.unassigned is not bool(booking.crew))
    )


def _place(booking: Booking) -> tuple[datetime, BookingId]:
    return booking.slot.starts_at, booking.id


def _by_id(booking: Booking) -> BookingId:
    return booking.id
