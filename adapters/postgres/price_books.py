from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Integer, bindparam, cast, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.pricing import price_books
from application.ports.price_books import PriceBookNotFound
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.pricing.price_terms_rows import BaseMinutes, Frequency, GreaseMinutes, Service, TeamSize

PRICE_BOOK = (
    price_books.c.version,
    price_books.c.terms,
    price_books.c.created_at,
    price_books.c.created_by,
)
ACTIVE = select(*PRICE_BOOK).order_by(price_books.c.version.desc()).limit(1)
GET = select(*PRICE_BOOK).where(price_books.c.version == bindparam("wanted"))
BEFORE = cast(bindparam("before"), Integer)
LIST = (
    select(*PRICE_BOOK)
    .where(or_(BEFORE.is_(None), price_books.c.version < BEFORE))
    .order_by(price_books.c.version.desc())
    .limit(bindparam("most"))
)
ADD = insert(price_books)
LOCK = text(
    "select pg_advisory_xact_lock("
    "hashtextextended('price_books:' || current_setting('app.current_org_id'), 0))"
)
"""Versions are only ever added, so there is no row to lock for the next one."""

ROWS: Mapping[str, Any] = {
    "team_sizes": TeamSize,
    "heavy_grease_minutes": GreaseMinutes,
    "frequencies": Frequency,
    "base_minutes": BaseMinutes,
    "services": Service,
}


def to_price_book(row: Sequence[Any]) -> PriceBook:
    version, terms, created_at, created_by = row
    tables = {name: tuple(kind(**line) for line in terms[name]) for name, kind in ROWS.items()}
    return PriceBook(
        version=version,
        terms=PriceTerms(**{**terms, **tables}),
        created_at=created_at,
        created_by=created_by,
    )


@dataclass(frozen=True, slots=True)
class PostgresPriceBooks:
    connection: AsyncConnection

    async def active(self) -> PriceBook:
        return _one((await self.connection.execute(ACTIVE)).one_or_none())

    async def lock_active(self) -> PriceBook:
        await self.connection.execute(LOCK)
        return await self.active()

    async def get(self, version: int) -> PriceBook:
        return _one((await self.connection.execute(GET, {"wanted": version})).one_or_none())

    async def add(self, book: PriceBook) -> None:
        row = {
            "version": book.version,
            "terms": asdict(book.terms),
            "created_at": book.created_at,
            "created_by": book.created_by,
        }
        await self.connection.execute(ADD, row)

    async def list_before(self, version: int | None, limit: int) -> list[PriceBook]:
        rows = await self.connection.execute(LIST, {"before": version, "most": limit})
        return [to_price_book(row) for row in rows]


def _one(row: Sequence[Any] | None) -> PriceBook:
    if row is None:
        raise PriceBookNotFound
    return to_price_book(row)
