"""Values that come as text, from a query or a header: numbers and instants are spelled."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

MOST_DIGITS = 19


def _bool(text: str) -> bool:
    if text not in {"true", "false", "1", "0"}:
        raise ValueError("must be true or false")
    return text in {"true", "1"}


def _int(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise ValueError("must be a whole number")
    return int(text)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a number") from None


def _instant(text: str) -> str:
    """A form decoder turns the `+` of an offset into a blank; give it back."""
    head, blank, offset = text.rpartition(" ")
    return f"{head}+{offset}" if blank and "T" in head.upper() else text


SPELLED: dict[Any, Callable[[str], Any]] = {bool: _bool, int: _int, float: _float, datetime: _instant}
