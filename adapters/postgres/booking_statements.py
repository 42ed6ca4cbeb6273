"""The statements about bookings, built once. The policies keep them inside one organisation."""

from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    FromClause,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Text, Uuid

from adapters.postgres.booking_rows import COLUMNS
from adapters.postgres.tables.bookings import booking_crew, bookings
from adapters.postgres.tables.leads import leads
from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.photos import order_photos
from adapters.postgres.tables.scheduling import teams, workers
from domain.booking.booking import BookingStatus

b, c = bookings.c, booking_crew.c
IS_PENDING, IS_CONFIRMED, IS_DONE = (
    b.status == literal_column(f"'{status}'")  # in this very form partial indexes are used
    for status in (BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.DONE)
)
IS_LIVE = IS_PENDING | IS_CONFIRMED
LONGEST = timedelta(days=2)
"""No visit with its buffer is longer: with it the index on the start also bounds an overlap from below."""

IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
NOW = bindparam("now", type_=Instant)

CREW = (
    select(func.array_agg(c.worker_id).label("ids"))
    .where(c.org_id == b.org_id, c.booking_id == b.booking_id)
    .correlate(bookings)
    .scalar_subquery()
    .label("crew")
)
READ = select(*COLUMNS, CREW)
GET = READ.where(b.booking_id == bindparam("id", type_=Uuid))
LOCK = select(b.booking_id).where(b.booking_id == IDS).order_by(b.booking_id).with_for_update(key_share=True)
READ_MANY = READ.where(b.booking_id == IDS).order_by(b.booking_id)

_inserted = insert(bookings)
UPSERT = _inserted.on_conflict_do_update(
    index_elements=[b.org_id, b.booking_id],
    set_={column.name: _inserted.excluded[column.name] for column in COLUMNS},
)
_crew_inserted = insert(booking_crew)
UPSERT_CREW = _crew_inserted.on_conflict_do_update(
    index_elements=[c.org_id, c.booking_id, c.worker_id],
    set_={name: _crew_inserted.excluded[name] for name in ("starts_at", "held_until", "live")},
)
DELETE_CREW = delete(booking_crew).where(
    c.booking_id == bindparam("id", type_=Uuid), c.worker_id != func.all(bindparam("crew", type_=ARRAY(Uuid)))
)

CLAIM_MANY = text(
    """
    select pg_advisory_xact_lock(hashtextextended(claimed.key, 0))
    from (select unnest(cast(:keys as text[])) as key order by 1 offset 0) as claimed
    """
).bindparams(bindparam("keys", type_=ARRAY(Text)))
"""One after the other, in the order of the keys: the inner query is not merged into the outer one."""

OF_LEAD = b.lead_id == bindparam("lead_id", type_=Uuid)
LIVE_OF_LEAD = READ.where(OF_LEAD, IS_LIVE).order_by(b.starts_at, b.booking_id)
STANDING = select(
    exists(select(b.booking_id).where(OF_LEAD, IS_LIVE)),
    exists(select(b.booking_id).where(OF_LEAD, IS_DONE)),
)

OF_LEADS = b.lead_id == any_(bindparam("lead_ids", type_=ARRAY(Uuid)))
STANDINGS = (
    select(b.lead_id, func.bool_or(IS_LIVE), func.bool_or(IS_DONE)).where(OF_LEADS).group_by(b.lead_id)
)

_THEIRS = union(
    select(cast(bindparam("lead_id", type_=Uuid), Uuid)),
    select(leads.c.lead_id).where(leads.c.email_norm == bindparam("email_norm", type_=Text)),
    select(leads.c.lead_id).where(leads.c.phone_norm == bindparam("phone_norm", type_=Text)),
)
HISTORY = select(
    func.coalesce(func.bool_or(IS_CONFIRMED | IS_DONE), false()),
    func.count().filter(b.cancelled_by == literal_column("'client'")),
).where(b.lead_id.in_(_THEIRS))

HOLDS = or_(
    IS_CONFIRMED,
    IS_PENDING & (b.expires_at.is_(None) | (b.expires_at > NOW)),
)
OVERDUE = IS_PENDING & (b.expires_at <= NOW)
ADVISORY_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key", type_=Text), 0)))
COUNT_LIVE_PUBLIC = (
    select(func.count())
    .select_from(bookings)
    .where(b.lead_id.in_(_THEIRS), b.source == literal_column("'public'"), HOLDS)
)

_START = bindparam("starts_at", type_=Instant)
_HELD_UNTIL = bindparam("held_until", type_=Instant)
_IN_CREW = exists(
    select(c.worker_id).where(
        c.org_id == b.org_id,
        c.booking_id == b.booking_id,
        c.worker_id == any_(bindparam("worker_ids", type_=ARRAY(Uuid))),
    )
)
IN_THE_WAY: tuple[ColumnElement[bool], ...] = (
    b.starts_at < _HELD_UNTIL,
    b.starts_at > bindparam("long_before", type_=Instant),
    b.held_until > _START,
    (b.team_id == bindparam("team_id", type_=Uuid)) | _IN_CREW,
)
LOCK_OVERDUE = (
    select(b.booking_id).where(*IN_THE_WAY, OVERDUE).order_by(b.booking_id).with_for_update(key_share=True)
)
CLAIM_OVERDUE = (
    select(b.booking_id)
    .where(OVERDUE)
    .order_by(b.expires_at, b.booking_id)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True, skip_locked=True)
)
COUNT_OVERDUE = select(func.count()).select_from(bookings).where(OVERDUE)

_member = func.jsonb_build_array(c.worker_id, workers.c.name)
CREW_NAMES = (
    select(func.coalesce(func.jsonb_agg(_member), literal_column("'[]'::jsonb")))
    .select_from(
        booking_crew.join(workers, (workers.c.org_id == c.org_id) & (workers.c.worker_id == c.worker_id))
    )
    .where(c.org_id == b.org_id, c.booking_id == b.booking_id)
    .correlate(bookings)
    .scalar_subquery()
    .label("crew")
)
_photos = order_photos.c
PHOTO_COUNTS = (
    select(
        func.jsonb_build_array(
            func.count().filter(_photos.phase == literal_column("'BEFORE'")),
            func.count().filter(_photos.phase == literal_column("'AFTER'")),
        )
    )
    .select_from(order_photos)
    .where(
        _photos.org_id == b.org_id,
        _photos.booking_id == b.booking_id,
        _photos.state == literal_column("'stored'"),
    )
    .correlate(bookings)
    .scalar_subquery()
    .label("photos")
)
WITH_PEOPLE: FromClause = bookings.join(
    teams, (teams.c.org_id == b.org_id) & (teams.c.team_id == b.team_id)
).outerjoin(leads, (leads.c.org_id == b.org_id) & (leads.c.lead_id == b.lead_id))
LEAD_COLUMNS = (
    leads.c.name.label("lead_name"),
    leads.c.phone.label("lead_phone"),
    leads.c.email.label("lead_email"),
)
PEOPLE = (
    select(*LEAD_COLUMNS, teams.c.name.label("team_name"), CREW_NAMES, PHOTO_COUNTS)
    .select_from(WITH_PEOPLE)
    .where(b.booking_id == bindparam("id", type_=Uuid))
)
_overdue = func.orgs_with_overdue_bookings(NOW).column_valued("org_id")
OVERDUE_ORGS = select(_overdue).order_by(_overdue)
