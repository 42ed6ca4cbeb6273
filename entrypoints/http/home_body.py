"""A home to be priced, and the estimate that answers it."""

from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.shared.estimate import Estimate, Home
from domain.shared.estimate_values import answered_estimate
from entrypoints.http.texts import ADD_ON, FREQUENCY, SERVICE, Code

Beds = Annotated[int, Meta(ge=0, le=20)]
Baths = Annotated[float, Meta(ge=0, le=20, multiple_of=0.5)]
Qty = Annotated[int, Meta(ge=1, le=50)]
AddOnQtys = Annotated[dict[Annotated[str, Meta(max_length=40), ADD_ON], Qty], Meta(max_length=100)]


class HomeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    beds: Beds
    baths: Baths
    service_type: Annotated[str, Meta(max_length=40), SERVICE] = "standard"
    frequency: Annotated[str, Meta(max_length=40), FREQUENCY] = "one_time"
    heavy_grease: bool = False
    multi_floor: bool = False
    add_ons: AddOnQtys = {}

    def as_home(self) -> Home:
        return Home(
            beds=self.beds,
            half_baths=int(self.baths * 2),
            service_type=self.service_type,
            frequency=self.frequency,
            heavy_grease=self.heavy_grease,
            multi_floor=self.multi_floor,
            add_ons=MappingProxyType(dict(self.add_ons)),
        )


class HomeAnswer(msgspec.Struct, kw_only=True):
    beds: int
    baths: int | float
    service_type: str
    frequency: str
    heavy_grease: bool
    multi_floor: bool
    add_ons: dict[str, int]


class AddOnLineAnswer(msgspec.Struct, kw_only=True):
    code: Code
    name: str
    qty: int
    unit_price_cents: int
    line_cents: int
    minutes: int


class EstimateAnswer(msgspec.Struct, kw_only=True):
    currency: str
    price_book_version: int
    pricing_hash: str
    home: HomeAnswer
    team_size: int
    cleaner_minutes: int
    min_applied: bool
    on_site_minutes: int
    billed_minutes: int
    rate_cents_per_cleaner_hour: int
    labour_cents: int
    discount_bps: int
    discount_cents: int
    add_ons: list[AddOnLineAnswer]
    add_ons_cents: int
    total_before_tax_cents: int
    duration_minutes: int
    bookable: bool
    not_bookable_reason: str | None = None


def estimate_answer(estimate: Estimate) -> EstimateAnswer:
    return msgspec.convert(answered_estimate(estimate), EstimateAnswer)


HOME_EXAMPLE: dict[str, Any] = {
    "beds": 3,
    "baths": 2,
    "service_type": "deep",
    "frequency": "weekly",
    "heavy_grease": True,
    "add_ons": {"oven": 1, "fridge": 1},
}
