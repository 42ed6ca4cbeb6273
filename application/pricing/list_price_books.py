from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.pricing.price_book import PriceBook


@dataclass(frozen=True, slots=True)
class ListPriceBooks:
    before: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListPriceBooksHandler:
    """Newest first; one more than `limit` tells that there are others."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListPriceBooks) -> list[PriceBook]:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.price_books.list_before(command.before, command.limit + 1)
