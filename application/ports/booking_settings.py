from typing import Protocol

from domain.scheduling.settings import BookingSettings


class BookingSettingsStore(Protocol):
    """The organisation's one row of booking settings."""

    async def get(self) -> BookingSettings: ...

    async def lock(self) -> BookingSettings:
        """As get; and no other unit writes them until ours ends."""

    async def save(self, settings: BookingSettings) -> None:
        """Insert or overwrite."""
