"""Photos as values, and pictures as small files."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from PIL import Image

from domain.photos.photo import Phase, Photo, Picture, Uploader, UploaderKind
from domain.shared.ids import BookingId, PhotoId

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFICE = Uploader(UploaderKind.STAFF, UUID(int=42), "dispatcher@example.com")


def a_picture(seed: str = "one", **fields: Any) -> Picture:
    picture = Picture(
        content_type="image/jpeg",
        extension=".jpg",
        size_bytes=1000,
        width=40,
        height=30,
        sha256=sha256(f"stored {seed}".encode()).digest(),
        sent_sha256=sha256(f"sent {seed}".encode()).digest(),
        stored_key=f"orders/{seed}",
        stored_thumbnail_key=f"orders/{seed}_thumb",
    )
    return replace(picture, **fields)


def a_photo(number: int = 1, **fields: Any) -> Photo:
    photo = Photo(
        id=PhotoId(UUID(int=number)),
        booking_id=BookingId(UUID(int=1000)),
        phase=Phase.BEFORE,
        filename="kitchen.jpg",
        picture=a_picture(str(number)),
        uploader=OFFICE,
        uploaded_at=NOON,
    )
    return replace(photo, **fields)


@cache
def an_image(
    kind: str = "JPEG", size: tuple[int, int] = (64, 48), colour: int = 80, mode: str = "RGB"
) -> bytes:
    """A plain picture; another colour makes other bytes."""
    image = Image.new(mode, size, (colour * 20 % 256, 120, 160) if mode == "RGB" else None)
    return encoded(image, kind)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()
