from typing import Protocol

from domain.pricing.price_book import PriceBook
from domain.shared.errors import NotFound


class PriceBookNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("version")


class PriceBooks(Protocol):
    """Every version of the organisation's price book. Versions are added, never changed."""

    async def active(self) -> PriceBook:
        """The highest version: the one in force. Raises PriceBookNotFound where there is none yet."""

    async def lock_active(self) -> PriceBook:
        """As active; and no other unit adds a version until ours ends."""

    async def get(self, version: int) -> PriceBook:
        """Raises PriceBookNotFound."""

    async def add(self, book: PriceBook) -> None:
        """A version that is not there yet."""

    async def list_before(self, version: int | None, limit: int) -> list[PriceBook]:
        """Newest first, those older than `version`; None begins at the newest."""
