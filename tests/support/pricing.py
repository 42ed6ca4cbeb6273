"""Price books, add-ons and homes to test with."""

from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

from domain.pricing.add_on import DEFAULT_ADD_ONS, AddOn
from domain.pricing.estimating import estimate
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.shared.estimate import Estimate, Home
from domain.shared.ids import AddOnId

MADE_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADD_ONS = tuple(
    AddOn(
        id=AddOnId(UUID(int=number)),
        code=draft.code,
        name=draft.name,
        price_cents=draft.price_cents,
        minutes=draft.minutes,
    )
    for number, draft in enumerate(DEFAULT_ADD_ONS, start=1)
)


def a_book(terms: PriceTerms | None = None, version: int = 1) -> PriceBook:
    return PriceBook(version=version, terms=terms or PriceTerms(), created_at=MADE_AT, created_by=None)


def a_home(
    beds: int = 2,
    baths: float = 1,
    service_type: str = "standard",
    frequency: str = "one_time",
    *,
    grease: bool = False,
    floors: bool = False,
    **add_ons: int,
) -> Home:
    return Home(
        beds=beds,
        half_baths=int(baths * 2),
        service_type=service_type,
        frequency=frequency,
        heavy_grease=grease,
        multi_floor=floors,
        add_ons=MappingProxyType(add_ons),
    )


def an_estimate(home: Home | None = None, terms: PriceTerms | None = None) -> Estimate:
    return estimate(a_book(terms), ADD_ONS, home or a_home(), "USD", pricing_hash="sha256:test")
