"""Which price books make no sense, each fault at its JSON pointer."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from domain.shared.errors import FieldFault

if TYPE_CHECKING:
    from domain.pricing.price_book import PriceTerms

MOST_CENTS: Final = 1_000_000_000
MOST_MINUTES: Final = 10_080  # a week
MOST_MULTIPLIER_BPS: Final = 1_000_000
MOST_VISIT_MINUTES: Final = 1440  # as long as a booking may be
MOST_BEDS: Final = 20
MOST_BATHS: Final = 20
MOST_TEAM_SIZE: Final = 50
MOST_ROWS: Final = 500
NAME_LENGTH: Final = 120
CODE: Final = re.compile(r"[a-z0-9_]{1,40}")

_SCALARS: Final = {
    "rate_cents_per_cleaner_hour": (0, MOST_CENTS),
    "min_cleaner_minutes": (0, MOST_MINUTES),
    "on_site_step_minutes": (1, MOST_MINUTES),
    "multi_floor_minutes": (0, MOST_MINUTES),
}
_COLUMNS: Final = {
    "team_sizes": {"up_to_cleaner_minutes": (0, MOST_MINUTES * 100), "team_size": (1, MOST_TEAM_SIZE)},
    "heavy_grease_minutes": {"up_to_beds": (0, MOST_BEDS), "minutes": (0, MOST_MINUTES)},
    "frequencies": {"discount_bps": (0, 10_000)},
    "base_minutes": {"beds": (0, MOST_BEDS), "baths": (0, MOST_BATHS), "minutes": (0, MOST_MINUTES)},
    "services": {
        "multiplier_bps": (0, MOST_MULTIPLIER_BPS),
        "min_minutes": (0, MOST_VISIT_MINUTES),
        "max_minutes": (0, MOST_VISIT_MINUTES),
        "flat_cents": (0, MOST_CENTS),
    },
}
_NULLABLE: Final = {"up_to_cleaner_minutes", "up_to_beds", "flat_cents"}


def term_faults(terms: "PriceTerms") -> list[FieldFault]:
    faults = list(_range_faults(terms))
    faults += [fault for table in _COLUMNS for fault in table_faults(table, getattr(terms, table))]
    return faults + list(_naming_faults(terms))


def table_faults(table: str, rows: Sequence[Any]) -> list[FieldFault]:
    """What is wrong between the rows of one table, or the fields of one row."""
    return list(_RULES[table](table, rows))


def _bounded(column: str) -> "Rule":
    return lambda table, rows: _bound_faults(table, column, [getattr(row, column) for row in rows])


def _told_apart(suffix: str, *columns: str) -> "Rule":
    return lambda table, rows: _doubled(
        table, [tuple(getattr(row, c) for c in columns) for row in rows], suffix
    )


def _services(table: str, rows: Sequence[Any]) -> Iterator[FieldFault]:
    yield from _told_apart("/code", "code")(table, rows)
    for at, service in enumerate(rows):
        if service.max_minutes < service.min_minutes:
            yield FieldFault(f"{table}/{at}/max_minutes", "is less than min_minutes")


type Rule = Callable[[str, Sequence[Any]], Iterator[FieldFault]]
_RULES: Final[Mapping[str, Rule]] = {
    "team_sizes": _bounded("up_to_cleaner_minutes"),
    "heavy_grease_minutes": _bounded("up_to_beds"),
    "frequencies": _told_apart("/code", "code"),
    "base_minutes": _told_apart("", "beds", "baths"),
    "services": _services,
}


def _range_faults(terms: "PriceTerms") -> Iterator[FieldFault]:
    for name, (least, most) in _SCALARS.items():
        yield from _outside(name, getattr(terms, name), least, most)
    for table, columns in _COLUMNS.items():
        rows = getattr(terms, table)
        if not 1 <= len(rows) <= MOST_ROWS:
            yield FieldFault(table, f"needs 1 to {MOST_ROWS} rows")
        for at, row in enumerate(rows):
            for column, (least, most) in columns.items():
                value = getattr(row, column)
                if value is not None or column not in _NULLABLE:
                    yield from _outside(f"{table}/{at}/{column}", value, least, most)


def _outside(field: str, value: object, least: int, most: int) -> Iterator[FieldFault]:
    if type(value) is not int or not least <= value <= most:
        yield FieldFault(field, f"must be a whole number from {least} to {most}")


def _bound_faults(table: str, column: str, bounds: Sequence[int | None]) -> Iterator[FieldFault]:
    """Bounds rise strictly, and exactly the last is open."""
    for at, bound in enumerate(bounds[:-1]):
        if bound is None:
            yield FieldFault(f"{table}/{at}/{column}", "only the last row may have no bound")
    if bounds and bounds[-1] is not None:
        yield FieldFault(f"{table}/{len(bounds) - 1}/{column}", "the last row must have no bound (null)")
    for at, (lower, upper) in enumerate(itertools.pairwise(bounds), start=1):
        if lower is not None and upper is not None and upper <= lower:
            yield FieldFault(f"{table}/{at}/{column}", "must be greater than the bound before it")


def _doubled(table: str, keys: Sequence[object], suffix: str) -> Iterator[FieldFault]:
    seen: set[object] = set()
    for at, key in enumerate(keys):
        if key in seen:
            yield FieldFault(f"{table}/{at}{suffix}", "repeats an earlier row")
        seen.add(key)


def _naming_faults(terms: "PriceTerms") -> Iterator[FieldFault]:
    for table in ("frequencies", "services"):
        for at, row in enumerate(getattr(terms, table)):
            if CODE.fullmatch(row.code) is None:
                yield FieldFault(f"{table}/{at}/code", "must be 1 to 40 of a-z, 0-9 and _")
            if not 1 <= len(row.name) <= NAME_LENGTH:
                yield FieldFault(f"{table}/{at}/name", f"must be 1 to {NAME_LENGTH} characters")
