"""Lists by keyset: `limit`, an opaque `cursor`, and the answer's `items` and `next_cursor`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from domain.shared.errors import Invalid

Limit = Annotated[int, msgspec.Meta(ge=1, le=200), QueryParameter(description="How many at most.")]
"""With default 50, unless a page of the contract says otherwise."""
CursorText = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=500),
    QueryParameter(description="`next_cursor` of the page before."),
]


class Page[T](msgspec.Struct):
    items: list[T]
    next_cursor: str | None = None


def write_cursor(*position: Any) -> str:
    """The last row's position in the list's total order, as an opaque text."""
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def read_cursor[T](cursor: str | None, kind: type[T]) -> T | None:
    """The position as `kind`, a type like `tuple[datetime, UUID]`; raises Invalid naming `cursor`."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid.field("cursor", "is not a cursor of this list") from error
