from dataclasses import dataclass

from domain.scheduling.settings import BookingSettings
from domain.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class MemoryBookingSettings:
    rows: list[BookingSettings]  # none before the organisation's birth, then one

    async def get(self) -> BookingSettings:
        if not self.rows:
            raise NotFound("org_id")
        return self.rows[0]

    async def lock(self) -> BookingSettings:
        return await self.get()

    async def save(self, settings: BookingSettings) -> None:
        self.rows[:] = [settings]
