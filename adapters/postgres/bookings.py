from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import booking_lists
from adapters.postgres import booking_statements as sql
from adapters.postgres.booking_rows import crew_rows, to_booking, to_row
from adapters.postgres.errors import constraint_of
from application.ports.booking_views import BookingPeople, BookingSummary, PhotoTally
from application.ports.bookings import (
    BookingFilter,
    BookingPosition,
    ClientHistory,
    KnownClient,
    LeadStanding,
    WantedTime,
)
from domain.booking.booking import Booking
from domain.booking.refusals import BookingNotFound, SlotTaken
from domain.shared.ids import BookingId, LeadId, OrgId

TIME_CONSTRAINTS = frozenset({"bookings_team_time_excl", "booking_crew_worker_time_excl"})


@dataclass(frozen=True, slots=True)
class PostgresBookings:
    connection: AsyncConnection
    org_id: OrgId

    async def get(self, booking_id: BookingId) -> Booking:
        if (booking := await self.find(booking_id)) is None:
            raise BookingNotFound
        return booking

    async def find(self, booking_id: BookingId) -> Booking | None:
        row = (await self.connection.execute(sql.GET, {"id": booking_id})).one_or_none()
        return None if row is None else _booking(row)

    async def lock(self, booking_id: BookingId) -> Booking:
        await self.connection.execute(sql.LOCK, {"ids": [booking_id]})
        return await self.get(booking_id)

    async def find_many(self, booking_ids: Iterable[BookingId]) -> list[Booking]:
        wanted = {"ids": list(booking_ids)}
        return [_booking(row) for row in await self.connection.execute(sql.READ_MANY, wanted)]

    async def lock_many(self, booking_ids: Iterable[BookingId]) -> list[Booking]:
        return await self._locked(sql.LOCK, {"ids": list(booking_ids)})

    async def claim_many(self, booking_ids: Iterable[BookingId]) -> None:
        keys = [f"booking:{self.org_id}:{booking_id}" for booking_id in booking_ids]
        await self.connection.execute(sql.CLAIM_MANY, {"keys": keys})

    async def claim(self, booking_id: BookingId) -> None:
        await self.connection.execute(sql.ADVISORY_LOCK, {"key": f"booking:{self.org_id}:{booking_id}"})

    async def save(self, booking: Booking) -> None:
        await self.save_many([booking])

    async def save_many(self, bookings: Sequence[Booking]) -> None:
        if not bookings:
            return
        try:
            await self.connection.execute(sql.UPSERT, [to_row(booking) for booking in bookings])
            await self._save_crews(bookings)
        except IntegrityError as error:
            if constraint_of(error) in TIME_CONSTRAINTS:
                raise SlotTaken from error
            raise

    async def _save_crews(self, bookings: Sequence[Booking]) -> None:
        if known := [{"id": b.id, "crew": list(b.crew)} for b in bookings if b.version > 1]:
            await self.connection.execute(sql.DELETE_CREW, known)
        if crews := [row for booking in bookings for row in crew_rows(booking)]:
            await self.connection.execute(sql.UPSERT_CREW, crews)

    async def people(self, booking_id: BookingId) -> BookingPeople:
        row = (await self.connection.execute(sql.PEOPLE, {"id": booking_id})).one_or_none()
        if row is None:
            raise BookingNotFound
        found = {"crew": booking_lists.to_crew(row.crew), "photos": PhotoTally(*row.photos)}
        return BookingPeople(**row._asdict() | found)

    async def list_page(
        self, wanted: BookingFilter, after: BookingPosition | None, limit: int
    ) -> list[BookingSummary]:
        read, values = booking_lists.question(wanted, after, limit)
        return [booking_lists.to_summary(row) for row in await read.rows(self.connection, values)]

    async def live_of_lead(self, lead_id: LeadId) -> Sequence[Booking]:
        rows = await self.connection.execute(sql.LIVE_OF_LEAD, {"lead_id": lead_id})
        return [_booking(row) for row in rows]

    async def standing_of(self, lead_id: LeadId) -> LeadStanding:
        return LeadStanding(*(await self.connection.execute(sql.STANDING, {"lead_id": lead_id})).one())

    async def standings_of(self, lead_ids: Iterable[LeadId]) -> Mapping[LeadId, LeadStanding]:
        rows = await self.connection.execute(sql.STANDINGS, {"lead_ids": list(lead_ids)})
        return {lead_id: LeadStanding(live, done) for lead_id, live, done in rows}

    async def history_of(self, client: KnownClient) -> ClientHistory:
        return ClientHistory(*(await self.connection.execute(sql.HISTORY, asdict(client))).one())

    async def count_live_public(self, client: KnownClient, now: datetime) -> int:
        for part in sorted(filter(None, (client.email_norm, client.phone_norm))):
            await self.connection.execute(sql.ADVISORY_LOCK, {"key": f"contact:{self.org_id}:{part}"})
        values = {**asdict(client), "now": now}
        return int((await self.connection.execute(sql.COUNT_LIVE_PUBLIC, values)).scalar_one())

    async def lock_overdue(self, wanted: WantedTime, now: datetime) -> Sequence[Booking]:
        return await self._locked(sql.LOCK_OVERDUE, _window(wanted, now))

    async def claim_overdue(self, now: datetime, limit: int) -> Sequence[Booking]:
        found = await self._locked(sql.CLAIM_OVERDUE, {"now": now, "limit": limit})
        return sorted(found, key=lambda booking: (booking.expires_at or now, booking.id))

    async def count_overdue(self, now: datetime) -> int:
        return int((await self.connection.execute(sql.COUNT_OVERDUE, {"now": now})).scalar_one())

    async def _locked(self, statement: Select[Any], values: Mapping[str, Any]) -> list[Booking]:
        """Locked first and read after, so that what is read is what the lock protects."""
        ids = list((await self.connection.execute(statement, values)).scalars())
        if not ids:
            return []
        return [_booking(row) for row in await self.connection.execute(sql.READ_MANY, {"ids": ids})]


@dataclass(frozen=True, slots=True)
class PostgresOverdueHolds:
    connection: AsyncConnection

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        found = await self.connection.execute(sql.OVERDUE_ORGS, {"now": now})
        return [OrgId(org_id) for org_id in found.scalars()]


def _booking(row: Row[*tuple[Any, ...]]) -> Booking:
    return to_booking(row, tuple(sorted(row.crew or ())))


def _window(wanted: WantedTime, now: datetime) -> dict[str, Any]:
    return {
        **asdict(wanted),
        "worker_ids": list(wanted.worker_ids),
        "long_before": wanted.starts_at - sql.LONGEST,
        "now": now,
    }
