from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True)
class ReplacePriceBook:
    terms: PriceTerms
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ReplacePriceBookHandler:
    """Always the next version, in force for every estimate made after the commit; given estimates stay."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ReplacePriceBook) -> PriceBook:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.price_books.lock_active()
            must_match(before.version, command.expected_version)
            book = before.replaced_by(command.terms, self.clock.now(), actor.user_id)
            await unit.price_books.add(book)
            await unit.audit.record(
                actor,
                "price_book_update",
                "price_book",
                None,
                before={"version": before.version},
                after={"version": book.version},
            )
            await unit.seal(book)
        return book
