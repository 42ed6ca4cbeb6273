"""Where the links lead that mails of the optional kinds carry (RFC 8058)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromQuery

from application.delivery.unsubscribing import (
    ShowUnsubscribeHandler,
    UndoUnsubscribeHandler,
    UnsubscribeHandler,
)
from domain.identity.actor import Need
from domain.shared.errors import FieldFault
from entrypoints.http import unsubscribe_page as pages
from entrypoints.http.forms import read_form
from entrypoints.http.routes import post, route
from entrypoints.http.validation import refuse

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
MOST_TOKEN = 1024
ONE_CLICK_FIELD, ONE_CLICK = "List-Unsubscribe", "One-Click"
PROBLEMS = ("unsubscribe_token_invalid", "validation_error", "malformed_body", "unsupported_media_type")


class TokenForm(msgspec.Struct, forbid_unknown_fields=True):
    """The page's own; without it the token stands in the query."""

    token: Token | msgspec.UnsetType = msgspec.UNSET


class StopForm(TokenForm, kw_only=True):
    """One of its fields at least."""

    one_click: Literal["One-Click"] | msgspec.UnsetType = msgspec.field(
        name="List-Unsubscribe", default=msgspec.UNSET
    )


class UnsubscribeController(Controller):
    path = "/unsubscribe"
    tags = ["delivery"]

    @route(
        ["GET", "HEAD"],
        "",
        need=Need.PUBLIC,
        ungated=True,
        unmetered=True,
        summary="A page to stop mails of one kind; changes nothing",
        problems=("unsubscribe_token_invalid",),
        media_type="text/html",
    )
    async def ask(
        self, token: FromQuery[Token], handler: FromDishka[ShowUnsubscribeHandler]
    ) -> Response[str]:
        """Whoever follows every link of a mail stops nothing."""
        return _answer(pages.question(await handler.handle(token), token))

    @post(
        need=Need.PUBLIC,
        ungated=True,
        unmetered=True,
        status_code=200,
        summary="Stop mails of one kind to one address",
        problems=PROBLEMS,
        media_type="text/html",
        raw_body=True,
        form=StopForm,
    )
    async def stop(
        self,
        request: Request[Any, Any, Any],
        handler: FromDishka[UnsubscribeHandler],
        token: FromQuery[Token | None] = None,
    ) -> Response[str]:
        """A form: `List-Unsubscribe=One-Click`, as mail programs send it to the link itself, or the `token`.
        The second time is like the first."""
        given = token_in(await read_form(request), token)
        return _answer(pages.done(await handler.handle(given), given))

    @post(
        "/undo",
        need=Need.PUBLIC,
        ungated=True,
        status_code=200,
        summary="Get mails of that kind again",
        problems=PROBLEMS,
        media_type="text/html",
        raw_body=True,
        form=TokenForm | None,
    )
    async def undo(
        self,
        request: Request[Any, Any, Any],
        handler: FromDishka[UndoUnsubscribeHandler],
        token: FromQuery[Token | None] = None,
    ) -> Response[str]:
        """A form with the `token`. What was suppressed for another reason stays so."""
        given = token_in(await read_form(request), token, may_be_bare=True)
        return _answer(pages.undone(await handler.handle(given), given))


def token_in(form: Mapping[str, Sequence[str]], in_query: str | None, *, may_be_bare: bool = False) -> str:
    """Raises Invalid. `may_be_bare`: the token of the query alone says enough."""
    faults = [FieldFault(name[:100], "is not a known field") for name in form if name not in _FIELDS]
    faults += [FieldFault(name, "is given more than once") for name in _FIELDS if len(form.get(name, ())) > 1]
    in_form, one_click = (form.get(name, [None])[0] for name in _FIELDS)
    if one_click not in {None, ONE_CLICK}:
        faults.append(FieldFault(ONE_CLICK_FIELD, f"is {ONE_CLICK} or absent"))
    if in_form is None and one_click is None and not may_be_bare:
        faults.append(FieldFault(ONE_CLICK_FIELD, "is required beside a token in the query"))
    token = in_form or in_query
    if not token:
        faults.append(FieldFault("token", "is required"))
    elif len(token) > MOST_TOKEN or in_query not in {None, token}:
        faults.append(FieldFault("token", "is too long, or not the same in query and form"))
    if faults or not token:
        raise refuse(faults)
    return token


_FIELDS = ("token", ONE_CLICK_FIELD)


def _answer(page: str) -> Response[str]:
    headers = {"content-security-policy": pages.POLICY, "x-robots-tag": "noindex, nofollow"}
    return Response(page, media_type="text/html", headers=headers)
