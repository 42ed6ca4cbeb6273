"""The rows of a price book's tables. A bound of None is open: the row for everything bigger."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TeamSize:
    up_to_cleaner_minutes: int | None
    team_size: int


@dataclass(frozen=True, slots=True)
class GreaseMinutes:
    up_to_beds: int | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Frequency:
    code: str
    name: str
    discount_bps: int


@dataclass(frozen=True, slots=True)
class BaseMinutes:
    beds: int
    baths: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`heavy` work meets stricter deposit and cancellation rules; `flat_cents` stands in for labour."""

    code: str
    name: str
    multiplier_bps: int = 10_000
    min_minutes: int = 60
    max_minutes: int = 540
    heavy: bool = False
    online: bool = True
    flat_cents: int | None = None
