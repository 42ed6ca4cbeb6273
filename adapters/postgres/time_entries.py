from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, any_, bindparam, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Integer, Text, Uuid

from adapters.postgres.errors import constraint_of
from adapters.postgres.tables.bookings import bookings
from adapters.postgres.tables.fieldwork import time_entries
from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.scheduling import workers
from application.ports.time_entries import NamedEntry, TimeFilter, TimePosition
from domain.booking.refusals import OtherWorkRunning
from domain.booking.time_entry import EntryState, OverrunReason, Segment, TimeEntry
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, TimeEntryId, WorkerId

t, b = time_entries.c, bookings.c
COLUMNS = [column for column in t if column.name != "org_id"]
READ = select(*COLUMNS)
GET = READ.where(t.entry_id == bindparam("id", type_=Uuid))
NAMED = select(*COLUMNS, workers.c.name.label("worker_name"), b.planned_minutes).select_from(
    time_entries.join(workers, and_(workers.c.org_id == t.org_id, workers.c.worker_id == t.worker_id)).join(
        bookings, and_(b.org_id == t.org_id, b.booking_id == t.booking_id)
    )
)
OF_BOOKING = NAMED.where(t.booking_id == bindparam("booking_id", type_=Uuid)).order_by(
    t.started_at, t.entry_id
)
OF_WORKER = t.worker_id == bindparam("worker_id", type_=Uuid)
NEAR = READ.where(
    OF_WORKER,
    or_(t.last_ended_at.is_(None), t.last_ended_at > bindparam("begins", type_=Instant)),
    or_(
        cast(bindparam("ends", type_=Instant), Instant).is_(None),
        t.started_at < bindparam("ends", type_=Instant),
    ),
).order_by(t.started_at, t.entry_id)
RUNNING = READ.where(OF_WORKER, t.state == "RUNNING")
NEW = insert(time_entries)
SAVE = NEW.on_conflict_do_update(
    index_elements=[t.org_id, t.entry_id],
    set_={column.name: NEW.excluded[column.name] for column in COLUMNS},
)

AFTER_START, AFTER_ID = bindparam("after_start", type_=Instant), bindparam("after_id", type_=Uuid)
CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "started_from": t.started_at >= bindparam("started_from", type_=Instant),
    "started_before": t.started_at < bindparam("started_before", type_=Instant),
    "worker_id": OF_WORKER,
    "states": t.state == any_(bindparam("states", type_=ARRAY(Text))),
    "after_start": and_(
        t.started_at <= AFTER_START,
        or_(t.started_at < AFTER_START, t.entry_id > AFTER_ID),
    ),
}


@lru_cache(maxsize=32)
def listing(names: tuple[str, ...]) -> Select[Any]:
    """With the conditions of these names; each set of them is built once."""
    return (
        NAMED.where(*(CONDITIONS[name] for name in names))
        .order_by(t.started_at.desc(), t.entry_id)
        .limit(bindparam("page", type_=Integer))
    )


@dataclass(frozen=True, slots=True)
class PostgresTimeEntries:
    connection: AsyncConnection

    async def get(self, entry_id: TimeEntryId) -> TimeEntry:
        row = (await self.connection.execute(GET, {"id": entry_id})).one_or_none()
        if row is None:
            raise NotFound("entry_id")
        return to_entry(row)

    async def of_booking(self, booking_id: BookingId) -> list[NamedEntry]:
        return [_named(row) for row in await self.connection.execute(OF_BOOKING, {"booking_id": booking_id})]

    async def meeting(
        self, worker_id: WorkerId, segments: Sequence[Segment], *, besides: TimeEntryId | None
    ) -> TimeEntry | None:
        ends = [segment.ends_at for segment in segments]
        asked = {
            "worker_id": worker_id,
            "begins": min(segment.starts_at for segment in segments),
            "ends": None if None in ends else max(filter(None, ends)),
        }
        near = [to_entry(row) for row in await self.connection.execute(NEAR, asked)]
        return next((entry for entry in near if entry.id != besides and entry.meets(segments)), None)

    async def save(self, entry: TimeEntry) -> None:
        if entry.state is not EntryState.RUNNING:
            await self.connection.execute(SAVE, _to_row(entry))
            return
        try:
            async with self.connection.begin_nested():
                await self.connection.execute(SAVE, _to_row(entry))
        except IntegrityError as error:
            if constraint_of(error) != "time_entries_one_running":
                raise
            running = (await self.connection.execute(RUNNING, {"worker_id": entry.worker_id})).one()
            raise OtherWorkRunning(running.booking_id) from error

    async def list_page(self, wanted: TimeFilter, after: TimePosition | None, limit: int) -> list[NamedEntry]:
        given: dict[str, Any] = {
            "started_from": wanted.started_from,
            "started_before": wanted.started_before,
            "worker_id": wanted.worker_id,
            "states": sorted(wanted.states) or None,
            "after_start": after.started_at if after else None,
        }
        values = {name: value for name, value in given.items() if value is not None}
        statement = listing(tuple(values))
        values["page"] = limit
        if after is not None:
            values["after_id"] = after.entry_id
        return [_named(row) for row in await self.connection.execute(statement, values)]


def to_entry(row: Sequence[Any]) -> TimeEntry:
    """From COLUMNS, in their order."""
    return TimeEntry(
        id=TimeEntryId(row[0]),
        booking_id=BookingId(row[1]),
        worker_id=WorkerId(row[2]),
        state=EntryState(row[3]),
        segments=tuple(map(Segment, row[4], row[5])),
        finished_at=row[8],
        overrun_reason=OverrunReason(row[9]) if row[9] else None,
        note=row[10],
        version=row[11],
        created_at=row[12],
        updated_at=row[13],
    )


def _named(row: Row[*tuple[Any, ...]]) -> NamedEntry:
    return NamedEntry(to_entry(row), row.worker_name, row.planned_minutes)


def _to_row(entry: TimeEntry) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "booking_id": entry.booking_id,
        "worker_id": entry.worker_id,
        "state": entry.state.value,
        "segment_starts": [segment.starts_at for segment in entry.segments],
        "segment_ends": [segment.ends_at for segment in entry.segments],
        "started_at": entry.started_at,
        "last_ended_at": entry.segments[-1].ends_at,
        "finished_at": entry.finished_at,
        "overrun_reason": entry.overrun_reason.value if entry.overrun_reason else None,
        "note": entry.note,
        "version": entry.version,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
    }
