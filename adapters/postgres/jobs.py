from dataclasses import dataclass
from typing import Any

from msgspec import convert
from sqlalchemy import Row, and_, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Integer, Uuid

from adapters.postgres.booking_lists import to_crew
from adapters.postgres.booking_statements import (
    CREW_NAMES,
    IS_CONFIRMED,
    IS_DONE,
    LONGEST,
    b,
    c,
)
from adapters.postgres.tables.bookings import booking_crew, bookings
from adapters.postgres.tables.fieldwork import time_entries
from adapters.postgres.tables.leads import leads
from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.photos import order_photos
from adapters.postgres.time_entries import COLUMNS as ENTRY
from adapters.postgres.time_entries import to_entry
from application.ports.jobs import Job, JobFilter, JobPhotos
from domain.booking.booking import BookingStatus
from domain.booking.refusals import BookingNotFound
from domain.booking.visit import BookedAddOn
from domain.booking.work import WorkState
from domain.photos.photo import Phase, ReviewStatus
from domain.shared.ids import BookingId, WorkerId

t, person, shot = time_entries.c, leads.c, order_photos.c
ME = bindparam("worker_id", type_=Uuid)
ONCE_CONFIRMED = IS_CONFIRMED | IS_DONE
I_GO = exists(
    select(c.worker_id).where(c.org_id == b.org_id, c.booking_id == b.booking_id, c.worker_id == ME)
).correlate_except(booking_crew)
NOBODY_GOES = ~exists(
    select(c.worker_id).where(c.org_id == b.org_id, c.booking_id == b.booking_id)
).correlate_except(booking_crew)
IS_MY_JOB = or_(
    and_(I_GO, ONCE_CONFIRMED | (b.status == BookingStatus.CANCELLED.value)),
    and_(ONCE_CONFIRMED, b.team_id == bindparam("team_id", type_=Uuid), NOBODY_GOES),
)
"""`domain.booking.jobs.is_job_of` as the database asks it; a contract test holds them equal."""

IS_STORED = shot.state == literal_column("'stored'")
PHOTOS = (
    select(
        func.jsonb_build_array(
            func.count().filter(shot.phase == Phase.BEFORE.value),
            func.count().filter(shot.phase == Phase.AFTER.value),
            func.count().filter(
                shot.review_status == ReviewStatus.NEEDS_RETAKE.value, shot.replaced_by.is_(None)
            ),
        )
    )
    .select_from(order_photos)
    .where(shot.org_id == b.org_id, shot.booking_id == b.booking_id, IS_STORED)
    .correlate(bookings)
    .scalar_subquery()
    .label("photos")
)
READ = select(
    b.booking_id,
    b.status,
    b.starts_at,
    b.ends_at,
    b.planned_minutes,
    b.service_type,
    person.name.label("client_name"),
    person.phone.label("client_phone"),
    b.address,
    b.access_notes,
    person.parking,
    person.pets,
    person.allergies,
    b.notes,
    b.add_ons,
    CREW_NAMES,
    b.work_state,
    b.consent_photos,
    PHOTOS,
    *(column.label(f"my_{column.name}") for column in ENTRY),
).select_from(
    bookings.outerjoin(leads, and_(person.org_id == b.org_id, person.lead_id == b.lead_id)).outerjoin(
        time_entries, and_(t.org_id == b.org_id, t.booking_id == b.booking_id, t.worker_id == ME)
    )
)
GET = READ.where(b.booking_id == bindparam("booking_id", type_=Uuid))
BEFORE, SINCE = bindparam("before", type_=Instant), bindparam("since", type_=Instant)
LIST = (
    READ.where(
        b.starts_at < BEFORE,
        b.starts_at > bindparam("long_before", type_=Instant),
        b.ends_at > SINCE,
        IS_MY_JOB,
    )
    .order_by(b.starts_at, b.booking_id)
    .limit(bindparam("most", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class PostgresJobs:
    connection: AsyncConnection

    async def get(self, booking_id: BookingId, worker_id: WorkerId) -> Job:
        asked = {"booking_id": booking_id, "worker_id": worker_id}
        row = (await self.connection.execute(GET, asked)).one_or_none()
        if row is None:
            raise BookingNotFound
        return _job(row)

    async def list_of(self, wanted: JobFilter, limit: int) -> list[Job]:
        asked = {
            "worker_id": wanted.worker_id,
            "team_id": wanted.team_id,
            "since": wanted.touching_from,
            "long_before": wanted.touching_from - LONGEST,
            "before": wanted.touching_before,
            "most": limit,
        }
        return [_job(row) for row in await self.connection.execute(LIST, asked)]


def _job(row: Row[*tuple[Any, ...]]) -> Job:
    return Job(
        booking_id=BookingId(row.booking_id),
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        planned_minutes=row.planned_minutes,
        service_type=row.service_type,
        client_name=row.client_name,
        client_phone=row.client_phone,
        address=row.address,
        access_notes=row.access_notes,
        parking=row.parking,
        pets=row.pets,
        allergies=row.allergies,
        notes=row.notes,
        add_ons=convert(row.add_ons, tuple[BookedAddOn, ...]),
        crew=to_crew(row.crew),
        work_state=WorkState(row.work_state),
        consent_photos=row.consent_photos,
        photos=JobPhotos(*row.photos),
        my_time=to_entry(row[-len(ENTRY) :]) if row.my_entry_id else None,
    )
