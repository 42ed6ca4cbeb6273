"""Places in lists that go by folded name, then id; and in those that go by an instant, then id."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from application.ports.field_cipher import FieldCipher
from entrypoints.http.paging import read_cursor, write_cursor

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class NamePlace(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    name_key: Annotated[str, msgspec.Meta(max_length=600, pattern=r"^[^\x00]*$")]
    id: UUID


class InstantPlace(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    microseconds: Annotated[int, msgspec.Meta(ge=0, le=10**17)]  # since 1970: any number is some instant
    id: UUID


def read_name_place(
    cursor: str | None, *, of: str, cipher: FieldCipher | None = None
) -> tuple[str, UUID] | None:
    """With the cipher it was written with: names are masked for some of those who turn the page."""
    place = read_cursor(cursor, NamePlace, of=of, cipher=cipher)
    return None if place is None else (place.name_key, place.id)


def read_instant_place(cursor: str | None, *, of: str) -> tuple[datetime, UUID] | None:
    place = read_cursor(cursor, InstantPlace, of=of)
    return None if place is None else (EPOCH + place.microseconds * MICROSECOND, place.id)


def write_name_place(
    place: tuple[str, UUID] | None, *, of: str, cipher: FieldCipher | None = None
) -> str | None:
    return None if place is None else write_cursor(*place, of=of, cipher=cipher)


def write_instant_place(place: tuple[datetime, UUID] | None, *, of: str) -> str | None:
    return None if place is None else write_cursor((place[0] - EPOCH) // MICROSECOND, place[1], of=of)
