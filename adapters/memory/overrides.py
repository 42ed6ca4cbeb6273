from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.booking.override import BookingOverride
from domain.shared.ids import BookingId, OverrideId


@dataclass(frozen=True, slots=True)
class MemoryOverrides:
    rows: list[BookingOverride]

    async def add(self, override: BookingOverride) -> None:
        self.rows.append(override)

    async def list_page(
        self, booking_id: BookingId, after: tuple[datetime, OverrideId] | None, limit: int
    ) -> Sequence[BookingOverride]:
        found = [
            row
            for row in self.rows
            if row.booking_id == booking_id and (after is None or (row.created_at, row.id) > after)
        ]
        return sorted(found, key=lambda row: (row.created_at, row.id))[:limit]
