"""Lists by keyset: `limit`, an opaque `cursor`, and the answer's `items` and `next_cursor`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

import msgspec
from litestar.params import QueryParameter

from application.ports.field_cipher import FieldCipher
from domain.shared.errors import Invalid

Limit = Annotated[int, msgspec.Meta(ge=1, le=200), QueryParameter(description="How many at most.")]
"""With default 50, unless a page of the contract says otherwise."""
Offset = Annotated[int, msgspec.Meta(ge=0, le=10_000), QueryParameter(description="How many to pass over.")]
CursorText = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=2000),
    QueryParameter(description="`next_cursor` of the page before."),
]


NOT_OURS = "is not a cursor of this list"
CONTEXT = b"cursor"


class Page[T](msgspec.Struct):
    items: list[T]
    next_cursor: str | None = None


def write_cursor(*position: Any, of: str, cipher: FieldCipher | None = None) -> str:
    """The last row's position in the total order of the list `of` that name, as an opaque text.

    With a cipher nobody can read it, nor make one up: for positions that say what a reader may not see."""
    raw = msgspec.json.encode((of, *position))
    raw = raw if cipher is None else cipher.encrypt(raw, CONTEXT)
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_cursor[T](
    cursor: str | None, kind: type[T], *, of: str, cipher: FieldCipher | None = None
) -> T | None:
    """The position as `kind`, a type like `tuple[datetime, UUID]`; raises Invalid naming `cursor`, also for
    the cursor of another list."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        raw = raw if cipher is None else cipher.decrypt(raw, CONTEXT)
        name, *position = msgspec.json.decode(raw, type=list[Any])
        place = msgspec.convert(position, kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid.field("cursor", NOT_OURS) from error
    if name != of:
        raise Invalid.field("cursor", NOT_OURS)
    return place
