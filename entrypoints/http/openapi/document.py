"""Puts the document together, one operation for each method of each route."""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Response
from litestar.routes import HTTPRoute

from domain.identity.actor import Need
from entrypoints.http.basic import takes_basic
from entrypoints.http.edge import plain_template
from entrypoints.http.forms import MULTIPART, URLENCODED
from entrypoints.http.openapi.answers import (
    PROBLEM_SCHEMA,
    UNSAFE,
    example_problem,
    problem_answers,
    problem_codes,
    with_repetition,
)
from entrypoints.http.openapi.examples import Examples
from entrypoints.http.openapi.schemas import Schemas, without_null
from entrypoints.http.problem_pages import PAGES
from entrypoints.http.routes import READ_ONLY_EXEMPT, SCHEDULED, Endpoint
from entrypoints.http.validation import NoFields, Param

BEARER = "bearer"
BASIC = "basic"
SCHEDULER = "scheduler"
NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
NEEDS = {
    Need.PUBLIC: "none",
    Need.SIGNED_IN: "signed-in",
}
IF_MATCH = {"name": "If-Match", "in": "header", "description": "The `ETag` that you read.", "example": '"3"'}
IF_NONE_MATCH = {"name": "If-None-Match", "in": "header", "description": "The `ETag` that you have."}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "One key, one effect: a repetition gets the stored answer for 24 hours.",
}
BREAK_GLASS = {
    "name": "X-Break-Glass-Token",
    "in": "header",
    "description": "Of `/v1/admin/break-glass/start`: lets this through while administration is read-only.",
}
SLUG = {"type": "string", "minLength": 3, "maxLength": 63, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}


@dataclass(frozen=True, slots=True)
class Operation:
    path: str
    method: str
    endpoint: Endpoint

    @property
    def body(self) -> Any:
        """The type of the body, None without one."""
        body = self.endpoint.plan.body
        return None if body is NoFields or self.method not in UNSAFE else body

    @property
    def answer(self) -> Any:
        """The type of a success, None without a body."""
        if self.endpoint.status_code in NO_BODY:
            return None
        hinted = typing.get_type_hints(self.endpoint.fn, include_extras=True)["return"]
        if typing.get_origin(hinted) is Response:
            (hinted,) = typing.get_args(hinted)
            hinted = without_null(hinted)
        return None if hinted is type(None) else hinted

    @property
    def is_written_by_type(self) -> bool:
        """Whether its answer is JSON of its type, and not bytes or a page that the handler made itself."""
        return self.answer is not None and self.answer not in {bytes, str}


def operations_of(app: Litestar) -> Iterator[Operation]:
    for route in sorted(app.routes, key=lambda route: route.path):
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if isinstance(handler, Endpoint) and handler.resolve_include_in_schema():
                for method in sorted(set(handler.http_methods) - {"HEAD"}):
                    yield Operation(plain_template(route.path), str(method), handler)


def document_of(app: Litestar) -> bytes:
    """The whole document as JSON."""
    operations = list(operations_of(app))
    schemas = Schemas(
        (kind for operation in operations for kind in _sent(operation)),
        (operation.answer for operation in operations if operation.is_written_by_type),
    )
    writer = _Writer(schemas, Examples(schemas))
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = writer.write(operation)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Sweepline",
                "version": version("sweepline"),
                "description": "The back office that home-cleaning and field-service companies run on.",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "examples": {code: example_problem(code) for code in sorted(PAGES)},
                "schemas": {**schemas.components, "Problem": PROBLEM_SCHEMA},
                "securitySchemes": {
                    BEARER: {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "`access_token` of POST /v1/auth/login.",
                    },
                    BASIC: {
                        "type": "http",
                        "scheme": "basic",
                        "description": "Legacy pairs of the environment, where the installation allows them.",
                    },
                    SCHEDULER: {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "`SCHEDULER_TOKEN`: for every organisation in turn, without a body.",
                    },
                },
            },
        },
        enc_hook=str,
    )


def _sent(operation: Operation) -> Iterator[Any]:
    plan = operation.endpoint.plan
    if operation.body is not None:
        yield without_null(operation.body)
    if operation.endpoint.rules.form is not None:
        yield without_null(operation.endpoint.rules.form)
    yield from plan.path.values()
    for param in (*plan.query.values(), *plan.headers):
        yield without_null(param.annotation)


class _Writer:
    def __init__(self, schemas: Schemas, examples: Examples) -> None:
        self.schemas = schemas
        self.examples = examples
        self.ids: set[str] = set()

    def write(self, operation: Operation) -> Mapping[str, Any]:
        endpoint, rules = operation.endpoint, operation.endpoint.rules
        need = NEEDS.get(rules.need, str(rules.need))
        written: dict[str, Any] = {
            "operationId": self._id(operation),
            "summary": rules.summary,
            "description": "\n\n".join(filter(None, [endpoint.fn.__doc__, f"Need: *{need}*."])),
            "tags": endpoint.resolve_tags() or [_tag(operation.path)],
            "x-need": need,
            "security": _security(operation),
            "parameters": list(self._parameters(operation)),
            "responses": self._answers(operation),
        }
        if operation.endpoint.rules.form is not None:
            written["requestBody"] = self._form(operation)
        elif operation.body is not None:
            written["requestBody"] = self._body(operation)
        return written

    def _id(self, operation: Operation) -> str:
        name = f"{_tag(operation.path)}_{operation.endpoint.handler_name}".replace("-", "_")
        while name in self.ids:
            name += "_too"
        self.ids.add(name)
        return name

    def _parameters(self, operation: Operation) -> Iterator[Mapping[str, Any]]:
        plan = operation.endpoint.plan
        for name in names_in(operation.path):
            # what the handler does not take, the gates do: the slug of an organisation
            schema = self.schemas.of(plan.path[name]) if name in plan.path else SLUG
            example = self.examples.of(schema, name)
            yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
        for param in plan.query.values():
            yield self._parameter(param, "query")
        for param in plan.headers:
            yield self._parameter(param, "header")
        yield from _headers_of_gates(operation)

    def _parameter(self, param: Param, place: str) -> Mapping[str, Any]:
        schema = self.schemas.of(without_null(param.annotation))
        if param.default not in (None, (), []):
            schema = {**schema, "default": param.default}
        written = {
            "name": param.name,
            "in": place,
            "required": param.required,
            "schema": schema,
        }
        if param.name != "cursor":  # opaque: the only good ones are those of an answer
            written["example"] = self.examples.of(schema, param.name)
        if param.description:
            written["description"] = param.description
        return written

    def _form(self, operation: Operation) -> Mapping[str, Any]:
        rules = operation.endpoint.rules
        written = self.schemas.of(without_null(rules.form))
        if not rules.upload:
            content = {"schema": written, "example": self.examples.of(written)}
            required = type(None) not in typing.get_args(rules.form)
            return {"required": required, "content": dict.fromkeys((URLENCODED, MULTIPART), content)}
        fields = self.schemas.resolved(written)
        schema = {
            "type": "object",
            "required": [*fields.get("required", ()), "file"],
            "properties": {**fields["properties"], "file": {"type": "string", "format": "binary"}},
            "additionalProperties": False,
        }
        return {
            "required": True,
            "content": {MULTIPART: {"schema": schema, "example": rules.example}},
        }

    def _body(self, operation: Operation) -> Mapping[str, Any]:
        schema = self.schemas.of(without_null(operation.body))
        example = operation.endpoint.rules.example
        return {
            "required": not self._may_be_absent(operation),
            "content": {
                "application/json": {
                    "schema": schema,
                    "example": self.examples.of(schema) if example is None else example,
                }
            },
        }

    def _may_be_absent(self, operation: Operation) -> bool:
        schema = self.schemas.resolved(self.schemas.of(without_null(operation.body)))
        return type(None) in typing.get_args(operation.body) or not schema.get("required")

    def _answers(self, operation: Operation) -> Mapping[str, Any]:
        endpoint, rules = operation.endpoint, operation.endpoint.rules
        success: dict[str, Any] = {"description": rules.success or HTTPStatus(endpoint.status_code).phrase}
        if operation.answer is not None:
            success["content"] = {kind: self._told(operation, kind) for kind in rules.media_types}
        answers = {str(endpoint.status_code): success}
        for status in rules.answers:
            same = success if status < HTTPStatus.MULTIPLE_CHOICES else {}
            answers[str(status)] = {**same, "description": HTTPStatus(status).phrase}
        codes = problem_codes(rules, endpoint.plan, operation.method)
        return {**answers, **problem_answers(codes)}

    def _told(self, operation: Operation, media_type: str) -> Mapping[str, Any]:
        """What an answer of that kind holds. OpenAPI has no words for bytes: their schema is empty."""
        if not operation.is_written_by_type:
            kinds = {"application": {"type": "object"}, "text": {"type": "string"}}
            return {"schema": kinds.get(media_type.partition("/")[0], {})}
        schema = self.schemas.told(operation.answer)
        keyed = _is_keyed(operation)
        answered = with_repetition(schema, self.schemas.resolved(schema)) if keyed else schema
        return {"schema": answered, "example": self.examples.of(schema)}


def _security(operation: Operation) -> list[Mapping[str, Any]]:
    """One of them will do."""
    if operation.endpoint.rules.need is Need.PUBLIC:
        return []
    schemes = [BEARER, *([BASIC] if takes_basic(operation.path) else [])]
    scheduled = SCHEDULED in operation.endpoint.rules.traits
    return [{scheme: []} for scheme in [*schemes, *([SCHEDULER] if scheduled else [])]]


def _is_keyed(operation: Operation) -> bool:
    """Uploads go without a key: the same bytes again are the same photo."""
    rules = operation.endpoint.rules
    return rules.need is not Need.PUBLIC and operation.method in UNSAFE and not rules.upload


def _headers_of_gates(operation: Operation) -> Iterator[Mapping[str, Any]]:
    rules = operation.endpoint.rules
    text = {"type": "string"}
    if "version_conflict" in rules.problems:
        yield {**IF_MATCH, "required": False, "schema": text}
    if HTTPStatus.NOT_MODIFIED in rules.answers:
        yield {**IF_NONE_MATCH, "required": False, "schema": text}
    if _is_keyed(operation):
        needed = "idempotency_key_required" in rules.problems
        yield {**IDEMPOTENCY_KEY, "required": needed, "schema": KEY_SCHEMA}
        if rules.admin_route and READ_ONLY_EXEMPT not in rules.traits:
            yield {**BREAK_GLASS, "required": False, "schema": text}


def names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _tag(path: str) -> str:
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    return next((part for part in parts if part not in {"v1", "admin", "public"}), "api")
