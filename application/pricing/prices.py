"""Today's prices, inside whatever transaction needs them."""

from application.ports.unit_of_work import Unit
from application.pricing.pricing_hash import pricing_hash
from domain.pricing.estimating import estimate
from domain.shared.estimate import Estimate, Home


async def estimate_today(unit: Unit, home: Home, *, pointer: str = "") -> Estimate:
    """By the price book and add-ons in force. Raises Invalid for unknown codes, below `pointer`."""
    book = await unit.price_books.active()
    add_ons = await unit.add_ons.list_active()
    profile = await unit.org.get()
    return estimate(
        book,
        add_ons,
        home,
        profile.currency,
        pricing_hash=pricing_hash(book.terms, add_ons),
        pointer=pointer,
    )
