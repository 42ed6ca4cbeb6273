from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, cast, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from adapters.postgres.tables.bookings import booking_overrides as rows
from adapters.postgres.tables.metadata import Instant
from domain.booking.override import BookingOverride, OverrideKind
from domain.shared.ids import BookingId, OverrideId

COLUMNS = [column for column in rows.columns if column.name != "org_id"]
ADD = insert(rows)
_AFTER = cast(bindparam("after_instant"), Instant)
LIST = (
    select(*COLUMNS)
    .where(
        rows.c.booking_id == bindparam("wanted", type_=Uuid),
        or_(
            _AFTER.is_(None),
            tuple_(rows.c.created_at, rows.c.override_id) > tuple_(_AFTER, cast(bindparam("after_id"), Uuid)),
        ),
    )
    .order_by(rows.c.created_at, rows.c.override_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class PostgresOverrides:
    connection: AsyncConnection

    async def add(self, override: BookingOverride) -> None:
        plain = ("booking_id", "kind", "value", "before", "reason", "created_by", "created_at")
        values = {name: getattr(override, name) for name in plain}
        await self.connection.execute(ADD, values | {"override_id": override.id})

    async def list_page(
        self, booking_id: BookingId, after: tuple[datetime, OverrideId] | None, limit: int
    ) -> Sequence[BookingOverride]:
        instant, last = after or (None, None)
        asked = {"wanted": booking_id, "after_instant": instant, "after_id": last, "most": limit}
        return [_override(row) for row in await self.connection.execute(LIST, asked)]


def _override(row: Row[*tuple[Any, ...]]) -> BookingOverride:
    return BookingOverride(
        id=OverrideId(row.override_id),
        booking_id=row.booking_id,
        kind=OverrideKind(row.kind),
        value=row.value,
        before=row.before,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
    )
