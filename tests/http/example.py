"""A controller that shows every feature of the edge; only tests mount it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery, QueryParameter

from application.ports.clock import Clock
from domain.identity.actor import Actor, Need
from domain.shared.errors import Conflict, Unavailable
from entrypoints.http.conditional import tagged
from entrypoints.http.routes import get, patch, post
from entrypoints.http.values import MULTILINE, VERBATIM

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class Item(msgspec.Struct, forbid_unknown_fields=True):
    qty: Annotated[int, msgspec.Meta(ge=1, le=99)]
    name: Name


class Visit(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    starts_at: datetime
    items: Annotated[list[Item], msgspec.Meta(max_length=3)] = []
    day: date | None = None
    kind: Literal["one", "two"] = "one"
    notes: Annotated[str, msgspec.Meta(max_length=100), MULTILINE] | None = None
    password: Annotated[str, msgspec.Meta(max_length=50), VERBATIM] = ""
    extra: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    free: Any = None
    lead_id: UUID | None = None
    urgent: bool = False


class Optionally(msgspec.Struct, forbid_unknown_fields=True):
    reason: Name | None = None


class NotNow(Conflict):
    code = "conflict"


class ExampleController(Controller):
    path = "/v1/admin/examples"

    @post(need=Need.PUBLIC, admin_route=True, summary="Make one")
    async def make(self, data: Visit) -> Visit:
        return data

    @post("/loose", need=Need.PUBLIC, admin_route=True, summary="A body that may be absent", status_code=200)
    async def loose(self, data: Optionally) -> Optionally:
        return data

    @post("/bare", need=Need.PUBLIC, admin_route=True, summary="No body", status_code=200)
    async def bare(self) -> dict[str, str]:
        return {"status": "ok"}

    @get(need=Need.PUBLIC, admin_route=True, summary="List them")
    async def list_them(
        self,
        since: Annotated[datetime | None, QueryParameter(name="from")] = None,
        tag: FromQuery[list[str] | None] = None,
        limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=200)]] = 50,
        kind: FromQuery[Literal["one", "two"]] = "one",
        lead_id: FromQuery[UUID | None] = None,
        urgent: FromQuery[bool] = False,
    ) -> dict[str, Any]:
        return {"from": since, "tag": tag, "limit": limit, "kind": kind, "lead_id": lead_id, "urgent": urgent}

    @get("/{example_id:uuid}", need=Need.PUBLIC, admin_route=True, summary="Read one")
    async def one(
        self, request: Request[Any, Any, Any], example_id: FromPath[UUID], clock: FromDishka[Clock]
    ) -> Response[dict[str, Any] | None]:
        return tagged(request, {"example_id": example_id, "utc": clock.now().utcoffset() is not None}, 3)

    @post(
        "/{example_id:uuid}/files",
        need=Need.PUBLIC,
        admin_route=True,
        summary="Take a file",
        upload=True,
        raw_body=True,
        status_code=200,
    )
    async def take(self, request: Request[Any, Any, Any], example_id: FromPath[UUID]) -> dict[str, Any]:
        size = 0
        async for piece in request.stream():
            size += len(piece)
        return {"example_id": example_id, "size": size}

    @patch("/{example_id:uuid}", need=Need.DISPATCH, admin_route=True, summary="Change one")
    async def change(self, example_id: FromPath[UUID], actor: FromDishka[Actor]) -> dict[str, Any]:
        return {"example_id": example_id, "who": actor.name}

    @get("/broken/{how:str}", need=Need.PUBLIC, admin_route=True, summary="Fail in some way")
    async def broken(self, how: FromPath[str]) -> None:
        match how:
            case "conflict":
                raise NotNow("Not now.", members={"alternatives": [1]})
            case "busy":
                raise Unavailable("Busy.", retry_after_seconds=7)
            case _:
                raise RuntimeError("secret-detail")
