"""The price book in force and its earlier versions."""

from typing import Annotated, Any

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.pricing.list_price_books import ListPriceBooks, ListPriceBooksHandler
from application.pricing.preview_prices import PreviewPrices, PreviewPricesHandler
from application.pricing.read_price_book import ReadPriceBook, ReadPriceBookHandler
from application.pricing.replace_price_book import ReplacePriceBook, ReplacePriceBookHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page, read_cursor, write_cursor
from entrypoints.http.price_book_bodies import (
    PRICE_BOOK_EXAMPLE,
    PriceBookAnswer,
    PriceBookBody,
    price_book_answer,
)
from entrypoints.http.price_preview import (
    PREVIEW_EXAMPLE,
    PricePreviewAnswer,
    PricePreviewBody,
    preview_answer,
)
from entrypoints.http.routes import get, post, put

HIGHEST_VERSION = 2**31 - 1


class Position(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1, le=HIGHEST_VERSION)]


class PriceBookController(Controller):
    path = "/v1/admin/price-book"

    @get(need=Need.VIEW, admin_route=True, summary="The price book in force", answers=(304,))
    async def active(
        self,
        request: Request[Any, Any, Any],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadPriceBookHandler],
    ) -> Response[PriceBookAnswer | None]:
        book = await handler.handle(actor, ReadPriceBook())
        return tagged(request, price_book_answer(book), book.version)

    @put(
        need=Need.ADMIN,
        admin_route=True,
        summary="Put a whole new price book in force, as the next version",
        problems=("version_conflict",),
        example=PRICE_BOOK_EXAMPLE,
    )
    async def replace(
        self,
        request: Request[Any, Any, Any],
        data: PriceBookBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ReplacePriceBookHandler],
    ) -> Response[PriceBookAnswer | None]:
        command = ReplacePriceBook(data.terms(), expected_version(request))
        return await answer_once(
            actor, handler, command, lambda book: tagged(request, price_book_answer(book), book.version)
        )

    @post(
        "/preview",
        need=Need.ADMIN,
        admin_route=True,
        summary="What homes would cost by another price book, beside what they cost today",
        status_code=200,
        example=PREVIEW_EXAMPLE,
    )
    async def preview(
        self, data: PricePreviewBody, actor: FromDishka[Actor], handler: FromDishka[PreviewPricesHandler]
    ) -> PricePreviewAnswer:
        command = PreviewPrices(data.terms(), tuple(home.as_home() for home in data.homes))
        return await answer_once(actor, handler, command, preview_answer)

    @get("/versions", need=Need.VIEW, admin_route=True, summary="Every version, newest first")
    async def versions(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListPriceBooksHandler],
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[PriceBookAnswer]:
        position = read_cursor(cursor, Position, of="price_books")
        books = await handler.handle(actor, ListPriceBooks(position.version if position else None, limit))
        page = books[:limit]
        more = write_cursor(page[-1].version, of="price_books") if len(books) > limit else None
        return Page([price_book_answer(book) for book in page], more)

    @get(
        "/versions/{version:str}",
        need=Need.VIEW,
        admin_route=True,
        summary="One version",
        problems=("not_found",),
        answers=(304,),
    )
    async def one_version(
        self,
        request: Request[Any, Any, Any],
        version: FromPath[Annotated[int, msgspec.Meta(ge=1, le=HIGHEST_VERSION)]],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadPriceBookHandler],
    ) -> Response[PriceBookAnswer | None]:
        book = await handler.handle(actor, ReadPriceBook(version))
        return tagged(request, price_book_answer(book), book.version)
