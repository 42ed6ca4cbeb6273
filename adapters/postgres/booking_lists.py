"""The list of bookings: one statement, whatever is filtered."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, bindparam, exists, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer, Text, Uuid

from adapters.postgres.booking_rows import to_outcome
from adapters.postgres.booking_statements import (
    CREW_NAMES,
    LEAD_COLUMNS,
    LONGEST,
    PHOTO_COUNTS,
    WITH_PEOPLE,
    b,
    c,
)
from adapters.postgres.hot_read import HotRead
from adapters.postgres.tables.bookings import booking_crew
from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.scheduling import teams
from application.ports.booking_views import BookingSummary, CrewMember, PhotoTally
from application.ports.bookings import BookingFilter, BookingPosition
from domain.shared.ids import WorkerId

_LEAD_NAME, _LEAD_PHONE, _LEAD_EMAIL = LEAD_COLUMNS
SUMMARY = (  # in the order of BookingSummary's fields
    b.booking_id,
    b.version,
    b.status,
    b.source,
    b.lead_id,
    b.client_id,
    _LEAD_NAME,
    _LEAD_PHONE,
    _LEAD_EMAIL,
    b.team_id,
    teams.c.name.label("team_name"),
    CREW_NAMES,
    b.crew_needed,
    b.starts_at,
    b.ends_at,
    b.buffer_minutes,
    b.expires_at,
    b.confirmed_at,
    b.completed_at,
    b.cancelled_at,
    b.cancelled_by,
    b.cancel_reason,
    b.created_at,
    b.updated_at,
    b.service_type,
    b.address,
    b.access_notes,
    b.notes,
    b.planned_minutes,
    b.work_state,
    b.actual_duration_minutes,
    b.cleaner_seconds,
    b.consent_photos,
    PHOTO_COUNTS,
    b.time_warnings,
    b.currency,
    b.deposit_required,
    b.deposit_cents,
    b.deposit_status,
    b.deposit_policy,
    b.risk_score,
    b.risk_band,
    b.risk_reasons,
    b.cancellation_exception,
    b.cancellation_exception_note,
    b.cancellation,
)
FIELDS = tuple(column.name for column in SUMMARY)
_CREW = exists(select(c.worker_id).where(c.org_id == b.org_id, c.booking_id == b.booking_id))
_WORKS = exists(
    select(c.worker_id).where(
        c.org_id == b.org_id,
        c.booking_id == b.booking_id,
        c.worker_id == bindparam("worker_id", type_=Uuid),
    )
).correlate_except(booking_crew)

CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "statuses": b.status == any_(bindparam("statuses", type_=ARRAY(Text))),
    "team_id": b.team_id == bindparam("team_id", type_=Uuid),
    "lead_id": b.lead_id == bindparam("lead_id", type_=Uuid),
    "worker_id": _WORKS,
    "unassigned": bindparam("unassigned") != _CREW,
    "after": tuple_(b.starts_at, b.booking_id)
    > tuple_(bindparam("after_start", type_=Instant), bindparam("after_id", type_=Uuid)),
}


@lru_cache(maxsize=64)
def statement(names: tuple[str, ...]) -> HotRead:
    """With the conditions of these names; each set of them is built and compiled once."""
    begins, before = bindparam("begins", type_=Instant), bindparam("before", type_=Instant)
    long_before = bindparam("long_before", type_=Instant)
    return HotRead.of(
        select(*SUMMARY)
        .select_from(WITH_PEOPLE)
        .where(b.starts_at < before, b.starts_at > long_before, b.ends_at > begins)
        .where(*(CONDITIONS[name] for name in names))
        .order_by(b.starts_at, b.booking_id)
        .limit(bindparam("page", type_=Integer))
    )


def question(
    wanted: BookingFilter, after: BookingPosition | None, limit: int
) -> tuple[HotRead, dict[str, Any]]:
    given: dict[str, Any] = {
        "statuses": sorted(wanted.statuses) or None,
        "team_id": wanted.team_id,
        "lead_id": wanted.lead_id,
        "worker_id": wanted.worker_id,
        "unassigned": wanted.unassigned,
    }
    values = {name: value for name, value in given.items() if value is not None}
    names = (*values, "after") if after else tuple(values)
    if after:
        values |= {"after_start": after.starts_at, "after_id": after.booking_id}
    values |= {"begins": wanted.touching_from, "before": wanted.touching_before, "page": limit}
    return statement(names), values | {"long_before": wanted.touching_from - LONGEST}


def to_summary(row: Sequence[Any]) -> BookingSummary:
    values = list(row)
    values[_CREW_AT] = to_crew(values[_CREW_AT])
    for place in _TUPLES_AT:
        values[place] = tuple(values[place])
    values[_PHOTOS_AT] = PhotoTally(*values[_PHOTOS_AT])
    values[_CANCELLATION_AT] = to_outcome(values[_CANCELLATION_AT])
    return BookingSummary._make(values)


_CREW_AT, _CANCELLATION_AT = FIELDS.index("crew"), FIELDS.index("cancellation")
_PHOTOS_AT = FIELDS.index("photos")
_TUPLES_AT = tuple(FIELDS.index(name) for name in ("time_warnings", "deposit_policy", "risk_reasons"))


def to_crew(pairs: list[tuple[str, str]]) -> tuple[CrewMember, ...]:
    if not pairs:
        return ()
    return tuple(CrewMember(WorkerId(UUID(worker)), name) for worker, name in sorted(pairs))
