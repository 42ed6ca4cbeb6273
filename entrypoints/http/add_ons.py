"""The office's extras."""

from typing import Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery
from msgspec import UNSET, UnsetType

from application.pricing.add_add_on import AddAddOn, AddAddOnHandler
from application.pricing.change_add_on import ChangeAddOn, ChangeAddOnHandler
from application.pricing.list_add_ons import ListAddOns, ListAddOnsHandler
from domain.identity.actor import Actor, Need
from domain.pricing.add_on import AddOn
from domain.shared.ids import AddOnId
from entrypoints.http.conditional import entity_tag, expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page, read_cursor, write_cursor
from entrypoints.http.price_book_bodies import Cents, Minutes
from entrypoints.http.routes import get, patch, post
from entrypoints.http.texts import Code, Name


class Position(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    code: Code


class NewAddOnBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Name
    price_cents: Cents
    minutes: Minutes
    is_active: bool = True


class AddOnChangeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays."""

    name: Name | UnsetType = UNSET
    price_cents: Cents | UnsetType = UNSET
    minutes: Minutes | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class AddOnAnswer(msgspec.Struct, kw_only=True):
    add_on_id: UUID
    code: str
    name: str
    price_cents: int
    minutes: int
    is_active: bool
    version: int


def add_on_answer(add_on: AddOn) -> AddOnAnswer:
    return AddOnAnswer(
        add_on_id=add_on.id,
        code=add_on.code,
        name=add_on.name,
        price_cents=add_on.price_cents,
        minutes=add_on.minutes,
        is_active=add_on.is_active,
        version=add_on.version,
    )


class AddOnsController(Controller):
    path = "/v1/admin/addons"

    @get(need=Need.VIEW, admin_route=True, summary="The add-ons, by code")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListAddOnsHandler],
        active: FromQuery[bool | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[AddOnAnswer]:
        position = read_cursor(cursor, Position, of="add_ons")
        found = await handler.handle(actor, ListAddOns(active, position.code if position else None, limit))
        page = found[:limit]
        more = write_cursor(page[-1].code, of="add_ons") if len(found) > limit else None
        return Page([add_on_answer(add_on) for add_on in page], more)

    @post(
        need=Need.ADMIN,
        admin_route=True,
        summary="Offer a new add-on",
        problems=("addon_code_taken",),
        example={"code": "garage", "name": "Sweep the garage", "price_cents": 2500, "minutes": 25},
    )
    async def add(
        self, data: NewAddOnBody, actor: FromDishka[Actor], handler: FromDishka[AddAddOnHandler]
    ) -> Response[AddOnAnswer]:
        def respond(add_on: AddOn) -> Response[AddOnAnswer]:
            headers = {"etag": entity_tag(add_on.version)}
            return Response(add_on_answer(add_on), status_code=201, headers=headers)

        return await answer_once(actor, handler, AddAddOn(**msgspec.structs.asdict(data)), respond)

    @patch(
        "/{add_on_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="Change an add-on, or switch it off",
        problems=("not_found", "version_conflict"),
        example={"price_cents": 3500, "is_active": False},
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        add_on_id: FromPath[UUID],
        data: AddOnChangeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangeAddOnHandler],
    ) -> Response[AddOnAnswer | None]:
        given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
        command = ChangeAddOn(
            add_on_id=AddOnId(add_on_id), expected_version=expected_version(request), **given
        )
        return await answer_once(
            actor, handler, command, lambda done: tagged(request, add_on_answer(done), done.version)
        )
