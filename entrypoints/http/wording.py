"""What a field must be, in words; never what was sent."""

import enum
import typing
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec

PLAIN = {
    bool: "must be true or false",
    UUID: "must be a UUID",
    datetime: "must be an instant by RFC 3339 that exists, as 2026-03-08T09:00:00Z",
    date: "must be a day that exists, as 2026-03-08",
    time: "must be a time of day, as 09:00",
}


def rule_of(base: Any, metas: Sequence[msgspec.Meta]) -> str:
    """The whole rule of a field without parts, or of a list."""
    if base in PLAIN:
        return PLAIN[base]
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return f"must be one of: {', '.join(str(member.value) for member in base)}"
    if typing.get_origin(base) is typing.Literal:
        return f"must be one of: {', '.join(map(str, typing.get_args(base)))}"
    return BY_KIND.get(base, _other)(metas)


def _bound(metas: Sequence[msgspec.Meta], *names: str) -> Any:
    return next((v for meta in metas for name in names if (v := getattr(meta, name)) is not None), None)


def _range(least: Any, most: Any, unit: str = "") -> str:
    if least is not None and most is not None:
        return f"{least} to {most}{unit}"
    if most is not None:
        return f"at most {most}{unit}"
    return f"at least {least}{unit}" if least is not None else ""


def _whole_number(metas: Sequence[msgspec.Meta]) -> str:
    span = _range(_bound(metas, "ge", "gt"), _bound(metas, "le", "lt"))
    return " ".join(
        filter(None, ["must be a whole number", span and f"from {span}" if " to " in span else span])
    )


def _text(metas: Sequence[msgspec.Meta]) -> str:
    """A pattern is for machines: `extra={"rule": …}` says in words what it means."""
    if (
        rule := next((meta.extra["rule"] for meta in metas if meta.extra and "rule" in meta.extra), None)
    ) is not None:
        return str(rule)
    span = _range(_bound(metas, "min_length"), _bound(metas, "max_length"), " characters")
    pattern = _bound(metas, "pattern")
    return "must be text" + (f" of {span}" if span else "") + (f" matching {pattern}" if pattern else "")


def _list(metas: Sequence[msgspec.Meta]) -> str:
    span = _range(_bound(metas, "min_length"), _bound(metas, "max_length"), " entries")
    return f"must be a list of {span}" if span else "must be a list"


def _number(metas: Sequence[msgspec.Meta]) -> str:
    span = _range(_bound(metas, "ge", "gt"), _bound(metas, "le", "lt"))
    step = _bound(metas, "multiple_of")
    within = f" from {span}" if " to " in span else f" of {span}" if span else ""
    return f"must be a number{within}" + (f" in steps of {step}" if step is not None else "")


def _other(_metas: Sequence[msgspec.Meta]) -> str:
    return "has the wrong form"


BY_KIND: dict[Any, Callable[[Sequence[msgspec.Meta]], str]] = {
    int: _whole_number,
    str: _text,
    list: _list,
    float: _number,
}
