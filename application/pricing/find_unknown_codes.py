from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.pricing.offered import NamedCode, unknown_codes
from domain.shared.errors import FieldFault


@dataclass(frozen=True, slots=True)
class FindUnknownCodes:
    named: Sequence[NamedCode]


@dataclass(frozen=True, slots=True)
class FindUnknownCodesHandler:
    """For a request that is refused already: what else is wrong with it, by today's prices."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, command: FindUnknownCodes) -> list[FieldFault]:
        actor.require(Need.PUBLIC)
        async with self.uow.begin(actor.org_id) as unit:
            book = await unit.price_books.active()
            return unknown_codes(book.terms, await unit.add_ons.list_active(), command.named)
