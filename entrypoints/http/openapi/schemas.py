"""JSON Schemas of the types in signatures; those of requests are tightened to what the edge accepts."""

import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

REF = "#/components/schemas/{name}"
PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]*$"
SOME_TEXT = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
LINES = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"


class Schemas:
    """The schemas of many types at once; what they share stands once, under `components`."""

    def __init__(self, sent: Iterable[Any], told: Iterable[Any]) -> None:
        """`sent`: the types of requests, `told`: those of answers, whose texts may have lines."""
        wanted = {repr(kind): kind for kind in sent}
        types = {**wanted, **{repr(kind): kind for kind in told}}
        made, components = msgspec.json.schema_components(
            list(types.values()), schema_hook=_unknown, ref_template=REF
        )
        for kind, schema in zip(types.values(), made, strict=True):
            mark_instants(kind, schema, components, set())
        plain = dict(zip(types, made, strict=True))
        ours = {name for kind in wanted for name in _named_in(plain[kind], components, set())}
        self._sent: dict[str, Mapping[str, Any]] = {kind: tighten(plain[kind]) for kind in wanted}
        self._told: dict[str, Mapping[str, Any]] = {kind: tighten(plain[kind], texts=False) for kind in types}
        self.components: dict[str, Any] = {
            name: tighten(schema, texts=name in ours) for name, schema in components.items()
        }

    def of(self, kind: Any) -> Mapping[str, Any]:
        """Of what is sent to us."""
        return self._sent[repr(kind)]

    def told(self, kind: Any) -> Mapping[str, Any]:
        """Of what is answered."""
        return self._told[repr(kind)]

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self.components[schema["$ref"].rpartition("/")[2]]
        return schema


def mark_instants(kind: Any, schema: dict[str, Any], components: Mapping[str, Any], seen: set[Any]) -> None:
    """msgspec gives an instant no format unless its zone is part of its type; ours always have one."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    for part in parts_of(kind):
        if isinstance(part, type) and issubclass(part, msgspec.Struct) and part not in seen:
            seen.add(part)
            _mark_fields(part, schema, components, seen)
    leaves = set(parts_of(kind))
    if datetime in leaves and str not in leaves:
        _mark(schema)


def _mark_fields(
    struct: type[msgspec.Struct], schema: dict[str, Any], components: Mapping[str, Any], seen: set[Any]
) -> None:
    nothing: dict[str, Any] = {}
    own = next((s for s in (schema, *components.values()) if s.get("title") == struct.__name__), nothing)
    for field in msgspec.structs.fields(struct):
        part = own.get("properties", {}).get(field.encode_name)
        if part is not None:
            mark_instants(field.type, part, components, seen)


def _mark(schema: dict[str, Any]) -> None:
    if schema.get("type") == "string" and not {"format", "pattern", "enum"} & set(schema):
        schema["format"] = "date-time"
    for key in ("anyOf", "items", "additionalProperties"):
        below = schema.get(key)
        for part in below if isinstance(below, list) else [below]:
            if isinstance(part, dict):
                _mark(part)


def parts_of(kind: Any) -> Iterator[Any]:
    """The types that a type is made of, without what only wraps them."""
    if isinstance(kind, typing.TypeAliasType):
        yield from parts_of(kind.__value__)
    elif isinstance(kind, typing.NewType):
        yield from parts_of(kind.__supertype__)
    elif typing.get_origin(kind) is typing.Annotated:
        yield from parts_of(typing.get_args(kind)[0])
    elif arguments := typing.get_args(kind):
        yield typing.get_origin(kind)
        for argument in arguments:
            yield from parts_of(argument)
    else:
        yield kind


def _unknown(_kind: type) -> dict[str, Any]:
    return {}


def _named_in(schema: Any, components: Mapping[str, Any], seen: set[str]) -> set[str]:
    """The components that a schema leads to, itself or by another one."""
    if isinstance(schema, list):
        for item in schema:
            _named_in(item, components, seen)
    elif isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            _named_in(components[name], components, seen)
        _named_in(list(schema.values()), components, seen)
    return seen


def tighten(schema: Any, *, texts: bool = True) -> Any:
    """No control characters in text, whole bounds, and no text of blanks where one character is asked for.
    Without `texts` a text may say what it likes: an answer has what was once accepted, lines too."""
    if isinstance(schema, list):
        return [tighten(item, texts=texts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {
        key: (
            {name: tighten(item, texts=texts) for name, item in value.items()}
            if key == "properties"
            else tighten(value, texts=texts)
        )
        for key, value in schema.items()
        if key not in {"examples", "enum", "const", "default", "verbatim", "multiline"}
    }
    tight.update({key: schema[key] for key in ("examples", "enum", "const", "default") if key in schema})
    if texts and tight.get("type") == "string" and not {"format", "pattern", "enum", "const"} & set(tight):
        tight["pattern"] = _text_pattern(schema)
    return tight


def _text_pattern(schema: Mapping[str, Any]) -> str:
    if schema.get("multiline"):
        return LINES
    return SOME_TEXT if schema.get("minLength") and not schema.get("verbatim") else PRINTABLE


def without_null(annotation: Any) -> Any:
    """The type that a parameter has when it is there at all."""
    if typing.get_origin(annotation) is typing.Annotated:
        inner, *metas = typing.get_args(annotation)
        inner = without_null(inner)
        for meta in metas:
            inner = typing.Annotated[inner, meta]
        return inner
    members = [member for member in typing.get_args(annotation) if member is not type(None)]
    if type(None) in typing.get_args(annotation):
        return typing.Union[tuple(members)]  # noqa: UP007  # from a list of members
    return annotation
