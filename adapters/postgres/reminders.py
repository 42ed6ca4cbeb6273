from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Text

from adapters.postgres.booking_rows import to_booking
from adapters.postgres.booking_statements import IDS, IS_CONFIRMED, NOW, READ, b
from adapters.postgres.tables.delivery import outbox_events
from adapters.postgres.tables.leads import leads
from adapters.postgres.tables.metadata import Instant
from domain.booking.booking import Booking
from domain.booking.reminder import AHEAD
from domain.shared.ids import OrgId

_seconds = cast(func.floor(func.extract("epoch", b.starts_at)), BigInteger)
_key: ColumnElement[str] = func.concat("booking:", cast(b.booking_id, Text), ":reminder_24h:", _seconds)
WITHOUT_REMINDER = (
    IS_CONFIRMED,
    b.starts_at > NOW,
    b.starts_at <= bindparam("day_ahead", type_=Instant),
    ~exists(
        select(outbox_events.c.event_id).where(
            outbox_events.c.org_id == b.org_id, outbox_events.c.dedupe_key == _key
        )
    ),
)
HAS_ADDRESS = exists(
    select(leads.c.lead_id).where(
        leads.c.org_id == b.org_id, leads.c.lead_id == b.lead_id, leads.c.email.is_not(None)
    )
)
LOCK = (
    select(b.booking_id)
    .where(*WITHOUT_REMINDER, HAS_ADDRESS)
    .order_by(b.starts_at, b.booking_id)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True, skip_locked=True)
)
# Asked again of what is locked: whoever held it before may have queued the reminder, or moved the visit.
READ_LOCKED = READ.where(b.booking_id == IDS, *WITHOUT_REMINDER, HAS_ADDRESS).order_by(
    b.starts_at, b.booking_id
)
COUNT_UNREACHABLE = select(func.count()).where(*WITHOUT_REMINDER, ~HAS_ADDRESS)
_org = func.orgs_with_near_visits(NOW, bindparam("day_ahead", type_=Instant)).column_valued("org_id")
LIST_ORGS = select(_org).order_by(_org)


@dataclass(frozen=True, slots=True)
class PostgresReminders:
    connection: AsyncConnection

    async def claim(self, now: datetime, limit: int) -> Sequence[Booking]:
        bounds: dict[str, Any] = {"now": now, "day_ahead": now + AHEAD}
        ids = (await self.connection.execute(LOCK, {**bounds, "limit": limit})).scalars().all()
        if not ids:
            return []
        rows = await self.connection.execute(READ_LOCKED, {**bounds, "ids": ids})
        return [to_booking(row, tuple(sorted(row.crew or ()))) for row in rows]

    async def count_unreachable(self, now: datetime) -> int:
        bounds = {"now": now, "day_ahead": now + AHEAD}
        return int((await self.connection.execute(COUNT_UNREACHABLE, bounds)).scalar_one())


@dataclass(frozen=True, slots=True)
class PostgresReminderOrgs:
    connection: AsyncConnection

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        found = await self.connection.execute(LIST_ORGS, {"now": now, "day_ahead": now + AHEAD})
        return [OrgId(org_id) for org_id in found.scalars()]
