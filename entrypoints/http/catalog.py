"""What a stranger may ask for before leaving a name: the catalog, and a price."""

from hashlib import sha256
from typing import Any

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response

from application.pricing.give_estimate import GiveEstimate, GiveEstimateHandler
from application.pricing.read_catalog import Catalog, ReadCatalogHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.conditional import tagged_as
from entrypoints.http.home_body import HOME_EXAMPLE, EstimateAnswer, HomeBody, estimate_answer
from entrypoints.http.routes import get, post


class ServiceAnswer(msgspec.Struct, kw_only=True):
    code: str
    name: str
    online: bool


class FrequencyAnswer(msgspec.Struct, kw_only=True):
    code: str
    name: str
    discount_bps: int


class OfferedAddOnAnswer(msgspec.Struct, kw_only=True):
    code: str
    name: str
    price_cents: int
    minutes: int


class CaptchaAnswer(msgspec.Struct, kw_only=True):
    mode: str
    site_key: str | None = None


class CatalogAnswer(msgspec.Struct, kw_only=True):
    name: str
    timezone: str
    currency: str
    online_booking: bool
    services: list[ServiceAnswer]
    frequencies: list[FrequencyAnswer]
    add_ons: list[OfferedAddOnAnswer]
    captcha: CaptchaAnswer


def catalog_answer(catalog: Catalog) -> CatalogAnswer:
    return msgspec.convert(
        {
            "name": catalog.name,
            "timezone": catalog.timezone,
            "currency": catalog.currency,
            "online_booking": catalog.online_booking,
            "services": catalog.book.terms.services,
            "frequencies": catalog.book.terms.frequencies,
            "add_ons": catalog.add_ons,
            "captcha": catalog.captcha,
        },
        CatalogAnswer,
        from_attributes=True,
    )


class CatalogController(Controller):
    path = "/v1/public/{org_slug:str}"

    @get(
        "/catalog",
        need=Need.PUBLIC,
        summary="What the organisation offers",
        problems=("not_found",),
        answers=(304,),
    )
    async def catalog(
        self,
        request: Request[Any, Any, Any],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadCatalogHandler],
    ) -> Response[CatalogAnswer | None]:
        answer = catalog_answer(await handler.handle(actor))
        return tagged_as(request, answer, f'"{sha256(msgspec.json.encode(answer)).hexdigest()[:32]}"')

    @post(
        "/estimates",
        need=Need.PUBLIC,
        summary="What a home would cost; stores nothing",
        problems=("not_found",),
        status_code=200,
        example=HOME_EXAMPLE,
    )
    async def estimate(
        self,
        data: HomeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[GiveEstimateHandler],
    ) -> EstimateAnswer:
        return estimate_answer(await handler.handle(actor, GiveEstimate(data.as_home())))
