from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.scheduling import booking_settings
from adapters.postgres.teams import to_week
from domain.scheduling.settings import BookingSettings
from domain.shared.errors import NotFound

FIELDS = tuple(column.name for column in booking_settings.c if column.name != "org_id")
GET = select(*(booking_settings.c[name] for name in FIELDS))
LOCK = GET.with_for_update(key_share=True)
NEW = insert(booking_settings)
SAVE = NEW.on_conflict_do_update(
    index_elements=[booking_settings.c.org_id], set_={name: NEW.excluded[name] for name in FIELDS}
)


def to_settings(row: Sequence[Any]) -> BookingSettings:
    values = dict(zip(FIELDS, row, strict=True))
    values["default_hours"] = to_week(values["default_hours"])
    values["flagged_postal_prefixes"] = tuple(values["flagged_postal_prefixes"])
    return BookingSettings(**values)


@dataclass(frozen=True, slots=True)
class PostgresBookingSettings:
    connection: AsyncConnection

    async def get(self) -> BookingSettings:
        return await self._one(GET)

    async def lock(self) -> BookingSettings:
        return await self._one(LOCK)

    async def save(self, settings: BookingSettings) -> None:
        row = {name: getattr(settings, name) for name in FIELDS}
        openings = settings.default_hours.openings
        row["default_hours"] = [[o.day_of_week, o.start_minute, o.end_minute] for o in openings]
        row["flagged_postal_prefixes"] = list(settings.flagged_postal_prefixes)
        await self.connection.execute(SAVE, row)

    async def _one(self, statement: Any) -> BookingSettings:
        row = (await self.connection.execute(statement)).one_or_none()
        if row is None:
            raise NotFound("org_id")
        return to_settings(row)
