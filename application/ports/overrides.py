from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.booking.override import BookingOverride
from domain.shared.ids import BookingId, OverrideId


class Overrides(Protocol):
    """What administrators decided about bookings of the organisation. Written once; never changed."""

    async def add(self, override: BookingOverride) -> None: ...

    async def list_page(
        self, booking_id: BookingId, after: tuple[datetime, OverrideId] | None, limit: int
    ) -> Sequence[BookingOverride]:
        """Of that booking, oldest first, then by id, after that place."""
