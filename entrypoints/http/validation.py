"""A request's path, query, headers and body as the handler's signature wants them; all faults at once."""

import inspect
import json
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request
from litestar.enums import ParamType
from litestar.exceptions import InternalServerException
from litestar.params import ParameterKwarg

from application.pricing.find_unknown_codes import FindUnknownCodes, FindUnknownCodesHandler
from domain.identity.actor import Actor
from domain.pricing.offered import NamedCode
from domain.shared.errors import FieldFault, Invalid, NotFound
from entrypoints.http.problems import MalformedBody, MalformedRequest, UnsupportedMediaType
from entrypoints.http.values import MISSING, Faults, Findings, Record, Shape, shape_of

MOST_PARAMETERS = 200
NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class NoFields(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a route that needs none: absent, or an empty object."""


def refuse(faults: Sequence[FieldFault]) -> Invalid:
    """All faults of one request as one refusal."""
    if len(faults) == 1:
        detail = f"{faults[0].field or 'body'}: {faults[0].message}."
    else:
        detail = f"{len(faults)} fields are at fault; errors names each."
    return Invalid(detail, errors=faults)


def read_json(raw: bytes) -> Any:
    """The one JSON document in `raw`; raises MalformedBody for anything else, repeated keys too."""
    try:
        value = msgspec.json.decode(raw)
        json.loads(raw, object_pairs_hook=_once_each)
    except MalformedBody:
        raise
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedBody("The body is not valid JSON in UTF-8.") from error
    except RecursionError as error:
        raise MalformedBody("The body is nested too deeply.") from error
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise MalformedBody("The body names a field twice.")


def check_media_type(header: str) -> None:
    """Absent counts as JSON; anything but JSON in UTF-8 is refused."""
    kind, *parameters = (part.strip().lower() for part in header.split(";"))
    wanted = kind in {"", "application/json"} and all(
        parameter.split("=")[-1].strip('"') in {"utf-8", "utf8"}
        for parameter in parameters
        if parameter.startswith("charset")
    )
    if not wanted:
        raise UnsupportedMediaType("This route reads application/json in UTF-8.")


@dataclass(frozen=True, slots=True)
class Param:
    """One query parameter or header of a handler."""

    argument: str
    name: str
    annotation: Any
    shape: Shape
    many: bool
    required: bool
    default: Any = None
    description: str | None = None

    def settle(self, values: Sequence[str], faults: Faults) -> Any:
        if not values:
            if self.required:
                faults.append(FieldFault(self.name, "is required"))
            return self.default
        if self.many:
            settled = self.shape.settle(list(values), "", own := [])
        elif len(values) > 1:
            settled, own = MISSING, [FieldFault("", "is given more than once")]
        else:
            settled = self.shape.settle(values[0], "", own := [])
        faults.extend(FieldFault(self.name, fault.message) for fault in own)
        return settled


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What one handler takes from a request, worked out once from its signature."""

    path: Mapping[str, Any]  # annotations by name
    path_shapes: Mapping[str, Shape]
    query: Mapping[str, Param]
    headers: tuple[Param, ...]
    body: Any  # the annotation, or None when the handler reads the body itself
    body_default: Any  # MISSING when a body is required
    wants_request: bool

    async def to_kwargs(self, connection: Request[Any, Any, Any]) -> dict[str, Any]:
        """The handler's arguments; raises Invalid naming every fault, MalformedBody, UnsupportedMediaType."""
        request = connection  # Litestar's name for it
        values: dict[str, Any] = {"request": request} if self.wants_request else {}
        faults = Findings()
        if self.path:
            values.update(self._path_values(request.scope["path_params"]))
        self._read_query(request.scope["query_string"], values, faults)
        for param in self.headers:
            values[param.argument] = param.settle(request.headers.getall(param.name, []), faults)
        if self.body is not None and request.scope["method"] not in NO_BODY:
            body = await self._read_body(request, faults)
            if self.body is not NoFields:
                values["data"] = body
        if faults:
            raise refuse([*faults, *await _unknown(request, faults.named)])
        return values

    def _path_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for name, shape in self.path_shapes.items():
            value = given[name]
            values[name] = value if isinstance(value, UUID) else _path_value(shape, value)
            if values[name] is MISSING:
                raise NotFound(detail="There is nothing at this address.")
        return values

    def _read_query(self, raw: bytes, values: dict[str, Any], faults: Faults) -> None:
        given = _pairs(raw) if raw else {}
        for name, param in self.query.items():
            values[param.argument] = param.settle(given.get(name, ()), faults)
        faults.extend(
            FieldFault(name[:100], "is not a known parameter") for name in given if name not in self.query
        )

    async def _read_body(self, request: Request[Any, Any, Any], faults: Faults) -> Any:
        raw = await _whole_body(request)
        if not raw and self.body_default is not MISSING:
            return self.body_default
        if raw:
            check_media_type(request.headers.get("content-type", ""))
        elif not self._may_be_empty():
            raise MalformedBody("This route needs a JSON body.")
        return shape_of(self.body).settle(read_json(raw or b"{}"), "", faults)

    def _may_be_empty(self) -> bool:
        shape = shape_of(self.body)
        return isinstance(shape, Record) and not any(field.required for field in shape.fields.values())


async def _unknown(request: Request[Any, Any, Any], named: Sequence[NamedCode]) -> list[FieldFault]:
    """What the use case would have found wrong next: all faults come at once."""
    if not named:
        return []
    container = request.scope["state"]["dishka_container"]
    handler = await container.get(FindUnknownCodesHandler)
    found: list[FieldFault] = await handler.handle(await container.get(Actor), FindUnknownCodes(named))
    return found


def _path_value(shape: Shape, text: str) -> Any:
    """One thing has one address: a number has no leading zeros, nor digits of another script."""
    value = shape.settle(text, "", [])
    return MISSING if isinstance(value, int) and str(value) != text else value


async def _whole_body(request: Request[Any, Any, Any]) -> bytes:
    try:
        return await request.body()
    except (
        InternalServerException
    ) as error:  # Litestar's word for a client that left; nobody reads our answer
        raise MalformedRequest("The body ended before it was complete.") from error


def _pairs(raw: bytes) -> dict[str, list[str]]:
    if raw.count(b"&") >= MOST_PARAMETERS:
        raise refuse([FieldFault("query", f"has more than {MOST_PARAMETERS} parameters")])
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
        )
    except ValueError as error:
        raise refuse([FieldFault("query", "is not a query string in percent-encoded UTF-8")]) from error
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return given


def plan_for(function: Any, path_names: frozenset[str], *, raw_body: bool = False) -> RequestPlan:
    """Read a handler's signature. `raw_body`: it takes the body off the request by itself."""
    hints = typing.get_type_hints(function, include_extras=True)
    path: dict[str, Any] = {}
    query: dict[str, Param] = {}
    headers: list[Param] = []
    body: Any = None if raw_body else NoFields
    body_default: Any = MISSING
    wants_request = False
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "request":
            wants_request = True
        elif name == "data":
            body = hints[name]
            body_default = MISSING if parameter.default is parameter.empty else parameter.default
        elif name in path_names:
            path[name] = hints[name]
        elif name != "self":
            param, kind = _param(name, hints[name], parameter.default)
            if kind is ParamType.HEADER:
                headers.append(param)
            else:
                query[param.name] = param
    shapes = {name: shape_of(annotation, text=True) for name, annotation in path.items()}
    return RequestPlan(path, shapes, query, tuple(headers), body, body_default, wants_request)


def _param(argument: str, annotation: Any, default: Any) -> tuple[Param, ParamType]:
    described = next(
        (m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, ParameterKwarg)), None
    )
    limits = _limits(described) if described else None
    if limits:
        annotation = typing.Annotated[annotation, limits]
    bare = typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation
    kinds = {typing.get_origin(kind) or kind for kind in (bare, *typing.get_args(bare))}
    param = Param(
        argument,
        (described.name if described else None) or argument,
        annotation,
        shape_of(annotation, text=True),
        many=bool(kinds & {list, tuple, set, frozenset}),
        required=default is inspect.Parameter.empty,
        default=None if default is inspect.Parameter.empty else default,
        description=described.description if described else None,
    )
    return param, ParamType(described.param_type) if described else ParamType.QUERY


def _limits(described: ParameterKwarg) -> msgspec.Meta | None:
    names = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
    given = {name: value for name in names if (value := getattr(described, name)) is not None}
    return msgspec.Meta(**given) if given else None
