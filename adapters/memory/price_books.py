from dataclasses import dataclass

from application.ports.price_books import PriceBookNotFound
from domain.pricing.price_book import PriceBook


@dataclass(frozen=True, slots=True)
class MemoryPriceBooks:
    rows: dict[int, PriceBook]

    async def active(self) -> PriceBook:
        if not self.rows:
            raise PriceBookNotFound
        return self.rows[max(self.rows)]

    async def lock_active(self) -> PriceBook:
        return await self.active()

    async def get(self, version: int) -> PriceBook:
        if version not in self.rows:
            raise PriceBookNotFound
        return self.rows[version]

    async def add(self, book: PriceBook) -> None:
        if book.version in self.rows:
            raise ValueError(f"Price book version {book.version} is there already")
        self.rows[book.version] = book

    async def list_before(self, version: int | None, limit: int) -> list[PriceBook]:
        numbers = sorted((n for n in self.rows if version is None or n < version), reverse=True)
        return [self.rows[number] for number in numbers[:limit]]
