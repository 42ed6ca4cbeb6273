"""Fields that every log line of the present request, job run or delivery carries."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

TRACEPARENT = "traceparent"
_fields: ContextVar[dict[str, Any] | None] = ContextVar("log_fields", default=None)


def current() -> dict[str, Any]:
    return _fields.get() or {}


def traceparent() -> str:
    """What the present request's messages are marked with, so that attempts can be traced to it; no log line
    carries it whole."""
    return str(current().get(TRACEPARENT, ""))


def bind(**fields: Any) -> None:
    """Add fields for the rest of the present scope; outside one it does nothing."""
    known = _fields.get()
    if known is not None:
        known.update({name: value for name, value in fields.items() if value is not None})


@contextmanager
def scope(**fields: Any) -> Iterator[dict[str, Any]]:
    """A scope of its own: its fields end with it."""
    mine = dict(fields)
    token = _fields.set(mine)
    try:
        yield mine
    finally:
        _fields.reset(token)
