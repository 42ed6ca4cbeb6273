from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
from dishka import Provider, Scope, provide, provide_all

from adapters.system.human_check import NoHumanCheck
from adapters.turnstile.human_check import TurnstileHumanCheck
from application.leads.change_lead import ChangeLeadHandler
from application.leads.estimate_lead import EstimateLeadHandler
from application.leads.list_leads import ListLeadsHandler
from application.leads.move_lead import MoveLeadHandler
from application.leads.policy import LeadPolicy
from application.leads.read_lead import ReadLeadHandler
from application.leads.record_lead import RecordLeadHandler
from application.leads.request_lead import RequestLeadHandler
from application.ports.human_check import HumanCheck
from application.pricing.add_add_on import AddAddOnHandler
from application.pricing.change_add_on import ChangeAddOnHandler
from application.pricing.find_unknown_codes import FindUnknownCodesHandler
from application.pricing.give_estimate import GiveEstimateHandler
from application.pricing.list_add_ons import ListAddOnsHandler
from application.pricing.list_price_books import ListPriceBooksHandler
from application.pricing.preview_prices import PreviewPricesHandler
from application.pricing.read_catalog import ReadCatalogHandler
from application.pricing.read_price_book import ReadPriceBookHandler
from application.pricing.replace_price_book import ReplacePriceBookHandler
from domain.delivery.export_event import ExportMode
from entrypoints.settings import Settings


class PricingProvider(Provider):
    """Prices, leads and the check that a stranger is a person."""

    scope = Scope.APP
    handlers = provide_all(
        AddAddOnHandler,
        ChangeAddOnHandler,
        ChangeLeadHandler,
        EstimateLeadHandler,
        FindUnknownCodesHandler,
        GiveEstimateHandler,
        ListAddOnsHandler,
        ListLeadsHandler,
        ListPriceBooksHandler,
        MoveLeadHandler,
        PreviewPricesHandler,
        ReadCatalogHandler,
        ReadLeadHandler,
        ReadPriceBookHandler,
        RecordLeadHandler,
        ReplacePriceBookHandler,
        RequestLeadHandler,
    )

    @provide
    def lead_policy(self, settings: Settings) -> LeadPolicy:
        return LeadPolicy(
            public_leads_per_hour=settings.field.public_leads_per_hour,
            token_ttl=timedelta(hours=settings.field.lead_token_ttl_hours),
            exports=lead_export(settings),
        )

    @provide
    async def human_check(self, settings: Settings) -> AsyncIterator[HumanCheck]:
        edge = settings.edge
        if edge.captcha_mode == "off" or edge.turnstile_secret_key is None:
            yield NoHumanCheck()
            return
        async with httpx2.AsyncClient() as client:
            yield TurnstileHumanCheck(client, edge.turnstile_secret_key.reveal(), edge.turnstile_site_key)


def lead_export(settings: Settings) -> ExportMode | None:
    """A webhook without a URL is none."""
    given = settings.export
    if given.mode == "off" or (given.mode == "webhook" and given.webhook_url is None):
        return None
    return ExportMode(given.mode)
