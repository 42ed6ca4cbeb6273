from dataclasses import dataclass
from typing import Self

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.pricing.pricing_hash import pricing_hash
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.pricing.add_on import AddOn
from domain.pricing.estimating import estimate
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.shared.errors import FieldFault, Invalid
from domain.shared.estimate import Estimate, Home


@dataclass(frozen=True, slots=True)
class PreviewPrices:
    """What homes would cost by these terms, beside what they cost today."""

    terms: PriceTerms
    homes: tuple[Home, ...]


@dataclass(frozen=True, slots=True)
class PricedTwice:
    """None: that book does not know the home's service or frequency."""

    before: Estimate | None
    after: Estimate | None


@dataclass(frozen=True, slots=True)
class _Prices:
    book: PriceBook
    add_ons: tuple[AddOn, ...]
    currency: str
    hash: str

    @classmethod
    def by(cls, book: PriceBook, add_ons: tuple[AddOn, ...], currency: str) -> Self:
        return cls(book, add_ons, currency, pricing_hash(book.terms, add_ons))

    def of(self, home: Home, pointer: str) -> tuple[Estimate | None, tuple[FieldFault, ...]]:
        try:
            priced = estimate(
                self.book, self.add_ons, home, self.currency, pricing_hash=self.hash, pointer=pointer
            )
        except Invalid as unknown:
            return None, unknown.errors
        return priced, ()


@dataclass(frozen=True, slots=True)
class PreviewPricesHandler:
    """Stores nothing but, under a key, its answer."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: PreviewPrices) -> tuple[PricedTwice, ...]:
        """Raises Invalid at the pointer of each code that neither book knows."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            today = await unit.price_books.active()
            add_ons = tuple(await unit.add_ons.list_active())
            currency = (await unit.org.get()).currency
            tomorrow = today.replaced_by(command.terms, self.clock.now(), actor.user_id)
            old, new = (_Prices.by(book, add_ons, currency) for book in (today, tomorrow))
            priced = _priced_twice(old, new, command.homes)
            await unit.seal(priced)
        return priced


def _priced_twice(old: _Prices, new: _Prices, homes: tuple[Home, ...]) -> tuple[PricedTwice, ...]:
    priced: list[PricedTwice] = []
    faults: list[FieldFault] = []
    for place, home in enumerate(homes):
        before, unknown = old.of(home, f"homes/{place}")
        after, still_unknown = new.of(home, f"homes/{place}")
        faults += [fault for fault in still_unknown if fault in unknown]
        priced.append(PricedTwice(before, after))
    if faults:
        raise Invalid("Neither book knows all that these homes name.", errors=faults)
    return tuple(priced)
