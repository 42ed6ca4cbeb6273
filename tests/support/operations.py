"""The operations of the API as its document tells them, and the places in each where an id can stand."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Place:
    """`path` leads through a body; a number in it is a place in a list. `route` is the operation's."""

    where: Literal["path", "query", "body"]
    path: tuple[str | int, ...]
    route: str = ""

    @property
    def name(self) -> str:
        """As the id is called where there is one of it: `worker_ids` has a `worker_id`."""
        last = next(part for part in reversed(self.path) if isinstance(part, str))
        return last.removesuffix("s") if last.endswith("_ids") else last


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    places: tuple[Place, ...]
    query: Mapping[str, Any]  # what must be given, with its example
    body: Any  # the example, without the ids that may be left out
    media_type: str | None
    takes_key: bool
    is_public: bool
    path_examples: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def always(self) -> list[Place]:
        """Those that every request fills: in the path, and in the example of the body."""
        return [
            place
            for place in self.places
            if place.where == "path" or (place.where == "body" and _holds(self.body, place.path))
        ]

    def asked_with(self, values: Mapping[Place, str], **names: str) -> tuple[str, dict[str, Any], Any]:
        """Path, query and body as the example has them, but for these values."""
        in_path = {**self.path_examples, **names}
        query, body = dict(self.query), self.body
        for place, value in values.items():
            match place.where:
                case "path":
                    in_path[place.name] = value
                case "query":
                    query[place.name] = value
                case "body":
                    body = put(body, place.path, value)
        return self.path.format(**in_path), query, body


class Document:
    """Reads an OpenAPI 3.1 document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def operations(self) -> Iterator[Operation]:
        for path, methods in self.document["paths"].items():
            for method, told in methods.items():
                yield self._operation(method.upper(), path, told)

    def _operation(self, method: str, path: str, told: Mapping[str, Any]) -> Operation:
        parameters = told.get("parameters", [])
        media_type, schema, example = self._body(told)
        in_body = list(dict.fromkeys(self._ids(schema))) if schema else []
        required = set(self._required(schema)) if schema else set()
        return Operation(
            method,
            path,
            (*self._in_parameters(parameters, path), *(Place("body", place, path) for place in in_body)),
            {p["name"]: p.get("example") for p in parameters if p["in"] == "query" and p.get("required")},
            _without(example, [place for place in in_body if place[0] not in required]),
            media_type,
            any(p["name"] == "Idempotency-Key" for p in parameters),
            told.get("x-need") == "none",
            {p["name"]: p.get("example") for p in parameters if p["in"] == "path"},
        )

    def _in_parameters(self, parameters: list[Mapping[str, Any]], route: str) -> Iterator[Place]:
        for parameter in parameters:
            name, where = parameter["name"], parameter["in"]
            if where in {"path", "query"} and list(self._ids(parameter["schema"], name)):
                yield Place(where, (name,), route)

    def _body(self, told: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any] | None, Any]:
        for media_type, content in told.get("requestBody", {}).get("content", {}).items():
            return media_type, content["schema"], deepcopy(content.get("example"))
        return None, None, None

    def _required(self, schema: Mapping[str, Any]) -> list[str]:
        found: list[str] = self._resolved(schema).get("required", [])
        return found

    def _ids(self, schema: Mapping[str, Any], *path: str | int) -> Iterator[tuple[str | int, ...]]:
        schema = self._resolved(schema)
        if len(path) > DEEPEST:
            return
        if self._is_id(path, schema):
            yield path
        for name, part in schema.get("properties", {}).items():
            yield from self._ids(part, *path, name)
        for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from self._ids(part, *path)
        if isinstance(schema.get("items"), Mapping):
            yield from self._ids(schema["items"], *path, 0)

    @staticmethod
    def _is_id(path: tuple[str | int, ...], schema: Mapping[str, Any]) -> bool:
        """By its type, or by its name where any text is taken."""
        names = [part for part in path if isinstance(part, str)]
        named = bool(names) and names[-1].endswith(("_id", "_ids"))
        return schema.get("format") == "uuid" or (named and schema.get("type") == "string")

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema


def _holds(content: Any, path: tuple[str | int, ...]) -> bool:
    for part in path:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def put(content: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The content with the value there; what is missing on the way is made."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        items = list(content) if isinstance(content, list) and content else [None]
        return [put(items[0], rest, value), *items[1:]]
    fields = dict(content) if isinstance(content, Mapping) else {}
    return {**fields, first: put(fields.get(first), rest, value)}


def _without(example: Any, places: list[tuple[str | int, ...]]) -> Any:
    """Only ids of the body itself: what stands deeper belongs to something that was asked for."""
    if not isinstance(example, Mapping):
        return example
    gone = {place[0] for place in places if place[1:] in {(), (0,)}}
    return {name: value for name, value in example.items() if name not in gone}
