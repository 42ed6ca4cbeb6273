"""The price book as it is sent and answered."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.pricing.offered import NamedCode, Offered
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.pricing.price_terms_rows import BaseMinutes, Frequency, GreaseMinutes, Service, TeamSize
from domain.pricing.price_terms_rules import (
    MOST_BATHS,
    MOST_BEDS,
    MOST_CENTS,
    MOST_MINUTES,
    MOST_MULTIPLIER_BPS,
    MOST_ROWS,
    MOST_TEAM_SIZE,
    MOST_VISIT_MINUTES,
    table_faults,
)
from domain.shared.errors import FieldFault
from entrypoints.http.texts import Code, Name
from entrypoints.http.values import Findings

Cents = Annotated[int, Meta(ge=0, le=MOST_CENTS)]
Minutes = Annotated[int, Meta(ge=0, le=MOST_MINUTES)]
VisitMinutes = Annotated[int, Meta(ge=0, le=MOST_VISIT_MINUTES)]
Rows = Meta(min_length=1, max_length=MOST_ROWS)


class Row(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One line of a table of the price book."""


class TeamSizeBody(Row):
    up_to_cleaner_minutes: Annotated[int, Meta(ge=0, le=MOST_MINUTES * 100)] | None
    team_size: Annotated[int, Meta(ge=1, le=MOST_TEAM_SIZE)]


class GreaseMinutesBody(Row):
    up_to_beds: Annotated[int, Meta(ge=0, le=MOST_BEDS)] | None
    minutes: Minutes


class FrequencyBody(Row):
    code: Code
    name: Name
    discount_bps: Annotated[int, Meta(ge=0, le=10_000)]


class BaseMinutesBody(Row):
    beds: Annotated[int, Meta(ge=0, le=MOST_BEDS)]
    baths: Annotated[int, Meta(ge=0, le=MOST_BATHS)]
    minutes: Minutes


class ServiceBody(Row):
    code: Code
    name: Name
    multiplier_bps: Annotated[int, Meta(ge=0, le=MOST_MULTIPLIER_BPS)]
    min_minutes: VisitMinutes
    max_minutes: VisitMinutes
    heavy: bool = False
    online: bool = True
    flat_cents: Cents | None = None


class PriceBookBody(Row):
    """A whole book: a PUT leaves nothing out."""

    rate_cents_per_cleaner_hour: Cents
    min_cleaner_minutes: Minutes
    on_site_step_minutes: Annotated[int, Meta(ge=1, le=MOST_MINUTES)]
    multi_floor_minutes: Minutes
    team_sizes: Annotated[list[TeamSizeBody], Rows]
    heavy_grease_minutes: Annotated[list[GreaseMinutesBody], Rows]
    frequencies: Annotated[list[FrequencyBody], Rows]
    base_minutes: Annotated[list[BaseMinutesBody], Rows]
    services: Annotated[list[ServiceBody], Rows]

    @classmethod
    def judge(cls, given: Mapping[str, Any], _: Findings) -> Iterable[FieldFault]:
        tables = ((name, value) for name, value in given.items() if isinstance(value, list))
        return [fault for name, rows in tables for fault in table_faults(name, rows)]

    def offers(self, named: NamedCode) -> bool:
        rows = self.services if named.kind is Offered.SERVICE else self.frequencies
        return any(row.code == named.code for row in rows)

    def terms(self) -> PriceTerms:
        """Raises Invalid by pointer for a book that does not hold together."""
        return PriceTerms(
            rate_cents_per_cleaner_hour=self.rate_cents_per_cleaner_hour,
            min_cleaner_minutes=self.min_cleaner_minutes,
            on_site_step_minutes=self.on_site_step_minutes,
            multi_floor_minutes=self.multi_floor_minutes,
            team_sizes=_rows(TeamSize, self.team_sizes),
            heavy_grease_minutes=_rows(GreaseMinutes, self.heavy_grease_minutes),
            frequencies=_rows(Frequency, self.frequencies),
            base_minutes=_rows(BaseMinutes, self.base_minutes),
            services=_rows(Service, self.services),
        )


def _rows[T](kind: type[T], rows: list[Any]) -> tuple[T, ...]:
    return tuple(kind(**msgspec.structs.asdict(row)) for row in rows)


class PriceBookAnswer(PriceBookBody):
    version: int
    created_at: datetime
    created_by: UUID | None


def price_book_answer(book: PriceBook) -> PriceBookAnswer:
    values = {
        **asdict(book.terms),
        "version": book.version,
        "created_at": book.created_at,
        "created_by": book.created_by,
    }
    return msgspec.convert(values, PriceBookAnswer)


PRICE_BOOK_EXAMPLE: dict[str, Any] = msgspec.to_builtins(asdict(PriceTerms()))
