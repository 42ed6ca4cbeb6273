from dataclasses import dataclass

from application.ports.human_check import CaptchaTerms, HumanCheck
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.pricing.add_on import AddOn
from domain.pricing.price_book import PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What a stranger may know before asking for anything."""

    name: str
    timezone: str
    currency: str
    online_booking: bool
    book: PriceBook
    add_ons: tuple[AddOn, ...]
    captcha: CaptchaTerms


@dataclass(frozen=True, slots=True)
class ReadCatalogHandler:
    uow: UnitOfWork
    human_check: HumanCheck

    async def handle(self, actor: Actor) -> Catalog:
        actor.require(Need.PUBLIC)
        async with self.uow.begin(actor.org_id) as unit:
            profile = await unit.org.get()
            settings = await unit.booking_settings.get()
            return Catalog(
                name=profile.name,
                timezone=profile.timezone,
                currency=profile.currency,
                online_booking=settings.online_booking,
                book=await unit.price_books.active(),
                add_ons=tuple(await unit.add_ons.list_active()),
                captcha=self.human_check.terms,
            )
