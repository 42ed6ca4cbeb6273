from typing import Protocol

from domain.pricing.add_on import AddOn
from domain.shared.ids import AddOnId


class AddOns(Protocol):
    """The organisation's extras."""

    async def get(self, add_on_id: AddOnId) -> AddOn:
        """Raises AddOnNotFound, also for another organisation's."""

    async def lock(self, add_on_id: AddOnId) -> AddOn:
        """As get; and no other unit writes it until ours ends."""

    async def list_active(self) -> list[AddOn]:
        """By code, those switched on."""

    async def list_after(self, code: str | None, limit: int, *, active: bool | None = None) -> list[AddOn]:
        """By code, those after `code`; with `active`, only those switched on, or only those off."""

    async def save(self, add_on: AddOn) -> None:
        """Insert or overwrite. Raises AddOnCodeTaken."""
