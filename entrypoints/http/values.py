"""Shapes: how a JSON value or a parameter's text becomes a typed value, all faults collected on the way.

msgspec stops at the first fault and lets text through untrimmed; a shape goes on, trims, refuses control
characters and instants without an offset, and answers aware UTC.
"""

import math
import types
import typing
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from domain.pricing.offered import NamedCode
from domain.shared.errors import FieldFault, Invalid
from entrypoints.http.spelled import SPELLED
from entrypoints.http.wording import rule_of

MISSING: Any = object()  # a value that had faults
INT_LIMIT = 2**63
YEARS = range(1900, 9000)  # outside, arithmetic with offsets and lengths would overflow
DEEPEST = 32
VERBATIM = msgspec.Meta(extra={"verbatim": True}, extra_json_schema={"verbatim": True})
"""On a text: taken as sent, not trimmed (passwords)."""
OPAQUE = msgspec.Meta(extra={"opaque": True})
"""On a text: taken as sent, control characters too; it is compared and never kept (codes)."""
MULTILINE = msgspec.Meta(extra={"multiline": True}, extra_json_schema={"multiline": True})
"""On a text: line breaks and tabs are welcome (notes)."""

Faults = list[FieldFault]


class Findings(Faults):
    """The faults of one body, and the codes in it that only the organisation's prices can judge."""

    def __init__(self) -> None:
        super().__init__()
        self.named: list[NamedCode] = []


class Shape(typing.Protocol):
    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        """The typed value, or MISSING after adding what is wrong to `faults`."""


def faults_in(make: Callable[..., object], *args: Any, **kwargs: Any) -> Iterable[FieldFault]:
    """What the domain finds wrong when it makes a value of these."""
    try:
        make(*args, **kwargs)
    except Invalid as refusal:
        return refusal.errors
    return ()


class Judging(typing.Protocol):
    """A Struct that sees what is wrong between its fields, or what the domain would refuse next."""

    @classmethod
    def judge(cls, given: Mapping[str, Any], faults: Findings) -> Iterable[FieldFault]:
        """Of the fields that were sent and are well formed; pointers below this object."""


def below(pointer: str, name: object) -> str:
    step = str(name).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{step}" if pointer else step


def clean_text(text: str, *, multiline: bool = False) -> str | None:
    """Trimmed; None if a control character remains, or on one line what else ends a line."""
    text = text.strip()
    if text.isprintable():
        return text
    if multiline:
        text = text.replace("\r\n", "\n")
    refused, allowed = ({"Cc", "Cs"}, "\n\t") if multiline else ({"Cc", "Cs", "Zl", "Zp"}, "")
    bad = any(unicodedata.category(c) in refused and c not in allowed for c in text)
    return None if bad else text


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value without parts. `text`: it comes from a query or a header, so numbers are spelled."""

    annotation: Any
    base: Any
    rule: str
    extra: Mapping[str, Any]
    text: bool = False

    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        try:
            converted = self._converted(value)
        except (ValueError, OverflowError, msgspec.ValidationError) as error:
            own = error.args[0] if type(error) is ValueError and error.args else self.rule
            faults.append(FieldFault(pointer, own if value is not None else "must not be null"))
            return MISSING
        if (kind := self.extra.get("names")) is not None and isinstance(faults, Findings):
            faults.named.append(NamedCode(kind, converted, pointer))
        return converted

    def _converted(self, value: Any) -> Any:
        if isinstance(value, str):
            value = self._spelled(self._cleaned(value))
        if isinstance(value, int | float) and not -INT_LIMIT <= value < INT_LIMIT:
            raise ValueError(self.rule)
        converted = msgspec.convert(value, self.annotation, strict=True)
        if self.base is datetime:
            return _in_utc(converted)
        if self.base is float and not math.isfinite(converted):
            raise ValueError(self.rule)
        if (judge := self.extra.get("judge")) is not None and (fault := judge(converted)) is not None:
            raise ValueError(fault)
        return converted

    def _cleaned(self, value: str) -> str:
        if self.extra.get("opaque"):
            return value
        if self.extra.get("verbatim"):
            if any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
                raise ValueError("must not contain control characters")
            return value
        text = clean_text(value, multiline=bool(self.extra.get("multiline")))
        if text is None:
            raise ValueError("must not contain control characters")
        return text

    def _spelled(self, value: str) -> Any:
        if not self.text or self.base not in SPELLED:
            return value
        return SPELLED[self.base](value)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("needs an offset from UTC, as in 2026-03-08T09:00:00Z or 2026-03-08T09:00:00-07:00")
    if instant.year not in YEARS:
        raise ValueError(f"must lie between the years {YEARS.start} and {YEARS.stop}")
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Anything:
    """Free-form JSON: bounded depth, no control characters."""

    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        return self._walk(value, pointer, faults, 0)

    def _walk(self, value: Any, pointer: str, faults: Faults, depth: int) -> Any:
        if depth > DEEPEST:
            faults.append(FieldFault(pointer, "is nested too deeply"))
            return MISSING
        if isinstance(value, str):
            text = clean_text(value, multiline=True)
            if text is None:
                faults.append(FieldFault(pointer, "must not contain control characters"))
                return MISSING
            return text
        if isinstance(value, list):
            return [self._walk(item, below(pointer, i), faults, depth + 1) for i, item in enumerate(value)]
        if isinstance(value, dict):
            return {
                key: self._walk(item, below(pointer, key), faults, depth + 1) for key, item in value.items()
            }
        return value


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set of one shape."""

    item: Shape
    build: Callable[[list[Any]], Any]
    least: int
    most: int | None
    rule: str

    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        if not isinstance(value, list):
            faults.append(FieldFault(pointer, "must be a list" if value is not None else "must not be null"))
            return MISSING
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            faults.append(FieldFault(pointer, self.rule))
            return MISSING
        settled = [self.item.settle(item, below(pointer, i), faults) for i, item in enumerate(value)]
        return MISSING if any(item is MISSING for item in settled) else self.build(settled)


@dataclass(frozen=True, slots=True)
class Table:
    """An object whose keys are data."""

    key: Shape
    item: Shape
    most: int | None

    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        if not isinstance(value, dict):
            faults.append(
                FieldFault(pointer, "must be an object" if value is not None else "must not be null")
            )
            return MISSING
        if self.most is not None and len(value) > self.most:
            faults.append(FieldFault(pointer, f"must have at most {self.most} entries"))
            return MISSING
        before = len(faults)
        settled = {}
        for key, item in value.items():
            at = below(pointer, key)
            name = self.key.settle(key, at, faults)
            if name in settled:  # two spellings that trimming makes one
                faults.append(FieldFault(at, "is given more than once"))
            settled[name] = self.item.settle(item, at, faults)
        return settled if len(faults) == before else MISSING


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    shape: Shape
    required: bool


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known fields."""

    struct: type[msgspec.Struct]
    fields: Mapping[str, Field]  # by the name in JSON
    ignored: frozenset[str]  # the tag of a tagged struct
    judging: type[Judging] | None

    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        if not isinstance(value, dict):
            faults.append(
                FieldFault(pointer, "must be an object" if value is not None else "must not be null")
            )
            return MISSING
        before = len(faults)
        settled = {}
        for name, field in self.fields.items():
            if name in value:
                settled[field.name] = field.shape.settle(value[name], below(pointer, name), faults)
            elif field.required:
                faults.append(FieldFault(below(pointer, name), "is required"))
        faults.extend(
            FieldFault(below(pointer, name[:100]), "is not a known field")
            for name in value
            if name not in self.fields and name not in self.ignored
        )
        if self.judging is not None and isinstance(faults, Findings):
            sound = {name: value for name, value in settled.items() if value is not MISSING}
            found = self.judging.judge(sound, faults)
            faults.extend(
                FieldFault(f"{pointer}/{f.field}" if pointer else f.field, f.message) for f in found
            )
        if len(faults) > before:
            return MISSING
        try:
            return self.struct(**settled)
        except (ValueError, TypeError) as error:
            faults.append(FieldFault(pointer, str(error)))
            return MISSING


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several shapes, told apart by the JSON kind of the value and, among objects, by their tag."""

    nullable: bool
    by_kind: Mapping[type, Shape]
    tag: str
    by_tag: Mapping[object, Shape]
    rule: str

    def settle(self, value: Any, pointer: str, faults: Faults) -> Any:
        if value is None and self.nullable:
            return None
        shape = self.by_kind.get(type(value)) or self.by_kind.get(object)
        if isinstance(value, dict) and self.by_tag:
            tag = value.get(self.tag)
            shape = self.by_tag.get(tag) if isinstance(tag, str | int) else None
            if shape is None:
                faults.append(FieldFault(below(pointer, self.tag), self.rule))
                return MISSING
        if shape is None:
            faults.append(FieldFault(pointer, self.rule if value is not None else "must not be null"))
            return MISSING
        return shape.settle(value, pointer, faults)


KINDS: dict[Any, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (float, int)}


@cache
def shape_of(annotation: Any, *, text: bool = False) -> Shape:
    """The shape of a type as written in a signature or a Struct; `text` for queries and headers."""
    base, metas = _unwrapped(annotation)
    if base in {Any, object}:
        return Anything()
    origin = typing.get_origin(base) or base
    if origin in {types.UnionType, typing.Union}:
        return _choice(base, metas, text=text)
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return _record(base)
    if origin in {list, tuple, set, frozenset}:
        return _items(base, origin, metas, text=text)
    if origin is dict or origin is Mapping:
        key, item = typing.get_args(base)
        most = next((meta.max_length for meta in metas if meta.max_length is not None), None)
        return Table(shape_of(key), shape_of(item), most)
    extra = {name: value for meta in metas for name, value in (meta.extra or {}).items()}
    return Leaf(_constrained(base, metas), base, rule_of(base, metas), extra, text)


def _unwrapped(annotation: Any) -> tuple[Any, tuple[msgspec.Meta, ...]]:
    metas: tuple[msgspec.Meta, ...] = ()
    while True:
        if isinstance(annotation, typing.TypeAliasType):
            annotation = annotation.__value__
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif typing.get_origin(annotation) is typing.Annotated:
            annotation, *rest = typing.get_args(annotation)
            metas += tuple(meta for meta in rest if isinstance(meta, msgspec.Meta))
        else:
            return annotation, metas


def _constrained(base: Any, metas: tuple[msgspec.Meta, ...]) -> Any:
    for meta in metas:
        base = typing.Annotated[base, meta]
    return base


def _items(base: Any, origin: type, metas: tuple[msgspec.Meta, ...], *, text: bool) -> Items:
    item = (typing.get_args(base) or (Any,))[0]
    least = next((meta.min_length for meta in metas if meta.min_length is not None), 0)
    most = next((meta.max_length for meta in metas if meta.max_length is not None), None)
    return Items(shape_of(item, text=text), origin, least, most, rule_of(list, metas))


def _record(struct: type[msgspec.Struct]) -> Record:
    hints = typing.get_type_hints(struct, include_extras=True)
    fields = {
        field.encode_name: Field(field.name, shape_of(hints.get(field.name, field.type)), field.required)
        for field in msgspec.structs.fields(struct)
    }
    config = struct.__struct_config__
    tags = frozenset({config.tag_field} if config.tag_field else ())
    return Record(struct, fields, tags, struct if hasattr(struct, "judge") else None)  # type: ignore[arg-type]  # it has the method


def _choice(base: Any, metas: tuple[msgspec.Meta, ...], *, text: bool) -> Shape:
    members = [m for m in typing.get_args(base) if m is not msgspec.UnsetType]
    nullable = type(None) in members
    shapes = [
        (member, shape_of(_constrained(member, metas), text=text))
        for member in members
        if member is not type(None)
    ]
    if len(shapes) == 1 and not nullable:
        return shapes[0][1]
    by_kind: dict[type, Shape] = {}
    by_tag: dict[object, Shape] = {}
    tag = ""
    for member, shape in shapes:
        if isinstance(shape, Record) and shape.ignored:
            config = shape.struct.__struct_config__
            tag = str(config.tag_field)
            by_tag[config.tag] = shape
        for kind in _kinds(member, shape, text=text, alone=len(shapes) == 1):
            by_kind.setdefault(kind, shape)
    rule = f"must be one of: {', '.join(map(str, by_tag))}" if by_tag else _rule(shapes)
    return Choice(nullable, by_kind, tag, by_tag, rule)


def _rule(shapes: list[tuple[Any, Shape]]) -> str:
    rules = [shape.rule.removeprefix("must be ") for _, shape in shapes if isinstance(shape, Leaf)]
    return f"must be {' or '.join(rules)}" if rules else "is not of an accepted kind"


def _kinds(member: Any, shape: Shape, *, text: bool, alone: bool) -> tuple[type, ...]:
    if alone:
        return (object,)  # let the one shape say what is wrong
    if isinstance(shape, Leaf):
        return (str,) if text else KINDS.get(_unwrapped(member)[0], (str,))
    return {Items: (list,), Record: (dict,), Table: (dict,)}.get(type(shape), (object,))
