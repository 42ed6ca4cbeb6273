"""Prices tried out on some homes."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from application.pricing.preview_prices import PricedTwice
from domain.pricing.offered import Offered
from domain.pricing.price_book import PriceTerms
from domain.shared.errors import FieldFault
from entrypoints.http.home_body import HOME_EXAMPLE, EstimateAnswer, HomeBody, estimate_answer
from entrypoints.http.price_book_bodies import PRICE_BOOK_EXAMPLE, PriceBookBody
from entrypoints.http.values import Findings

PREVIEW_EXAMPLE: dict[str, Any] = {"price_book": PRICE_BOOK_EXAMPLE, "homes": [HOME_EXAMPLE]}


class PricePreviewBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    price_book: PriceBookBody
    homes: Annotated[list[HomeBody], Meta(min_length=1, max_length=50)]

    @classmethod
    def judge(cls, given: Mapping[str, Any], faults: Findings) -> Iterable[FieldFault]:
        """What the book to be tried knows is no fault; nor is anything while that book is unreadable."""
        tried = given.get("price_book")
        faults.named = [
            named
            for named in faults.named
            if named.kind is Offered.ADD_ON or (tried and not tried.offers(named))
        ]
        return ()

    def terms(self) -> PriceTerms:
        return self.price_book.terms()


class PricePreviewItem(msgspec.Struct, kw_only=True):
    """None: that book does not know the home's service or frequency."""

    before: EstimateAnswer | None
    after: EstimateAnswer | None


class PricePreviewAnswer(msgspec.Struct, kw_only=True):
    items: list[PricePreviewItem]


def preview_answer(priced: Iterable[PricedTwice]) -> PricePreviewAnswer:
    return PricePreviewAnswer(
        items=[
            PricePreviewItem(
                before=estimate_answer(home.before) if home.before else None,
                after=estimate_answer(home.after) if home.after else None,
            )
            for home in priced
        ]
    )
