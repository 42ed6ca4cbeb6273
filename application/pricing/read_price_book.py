from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.pricing.price_book import PriceBook


@dataclass(frozen=True, slots=True)
class ReadPriceBook:
    version: int | None = None  # None: the one in force


@dataclass(frozen=True, slots=True)
class ReadPriceBookHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadPriceBook) -> PriceBook:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            if command.version is None:
                return await unit.price_books.active()
            return await unit.price_books.get(command.version)
