"""What a new organisation charges on its first day."""

from datetime import datetime

from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit
from domain.pricing.add_on import DEFAULT_ADD_ONS, AddOn
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.shared.ids import AddOnId


async def found_pricing(unit: Unit, now: datetime, ids: Identifiers) -> None:
    """Price book version 1 and its add-ons, in the transaction of the organisation's birth."""
    await unit.price_books.add(PriceBook(version=1, terms=PriceTerms(), created_at=now, created_by=None))
    for draft in DEFAULT_ADD_ONS:
        await unit.add_ons.save(
            AddOn(
                id=AddOnId(ids.new()),
                code=draft.code,
                name=draft.name,
                price_cents=draft.price_cents,
                minutes=draft.minutes,
            )
        )
