"""An estimate as it is handed about: pricing makes it, a lead and a booking keep a frozen copy."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What is to be cleaned, and how often. `half_baths` counts halves: 3 means 1.5 baths."""

    beds: int
    half_baths: int
    service_type: str = "standard"
    frequency: str = "one_time"
    heavy_grease: bool = False
    multi_floor: bool = False
    add_ons: MappingProxyType[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnLine:
    code: str
    name: str
    qty: int
    unit_price_cents: int
    line_cents: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A price and a length, exact by the price book it names. Never changed once given."""

    currency: str
    price_book_version: int
    pricing_hash: str
    home: Home
    heavy: bool  # the service's, for deposit and cancellation rules; not answered
    team_size: int
    cleaner_minutes: int
    min_applied: bool
    on_site_minutes: int
    billed_minutes: int
    rate_cents_per_cleaner_hour: int
    labour_cents: int
    discount_bps: int
    discount_cents: int
    add_ons: tuple[AddOnLine, ...]
    add_ons_cents: int
    total_before_tax_cents: int
    duration_minutes: int
    bookable: bool
    not_bookable_reason: str | None = None
