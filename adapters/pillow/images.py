"""Photos by Pillow: told apart here, decoded and written anew in a process of their own."""

import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio.to_thread import run_sync

from adapters.pillow.decoder import Decoder, unavailable
from adapters.pillow.headers import EXTENSIONS, FIRST_BYTES, type_of
from adapters.pillow.orders import Order, Outcome
from application.ports.images import CleanImage
from domain.photos.refusals import ImageTooLarge, ImageUnreadable, TypeNotAllowed

MOST_SECONDS = 60.0  # of one image: the slowest that is allowed takes 10 of a processor


@dataclass(frozen=True, slots=True)
class PillowImages:
    allowed: Collection[str]
    most_pixels: int
    decoder: Decoder
    most_seconds: float = MOST_SECONDS

    @asynccontextmanager
    async def cleaned(self, source: Path, *, thumbnail: bool) -> AsyncIterator[CleanImage]:
        content_type = await run_sync(_type_of, source)
        if content_type is None or content_type not in self.allowed:
            raise TypeNotAllowed(", ".join(sorted(self.allowed)))
        with _new_folder() as folder:
            original, small = Path(folder, "original"), Path(folder, "thumbnail") if thumbnail else None
            order = Order(
                source=str(source),
                content_type=content_type,
                most_pixels=self.most_pixels,
                most_seconds=self.most_seconds,
                original=str(original),
                thumbnail=str(small) if small else None,
            )
            outcome = await self.decoder.carry_out(order)
            self._must_be_clean(outcome)
            yield CleanImage(
                content_type=content_type,
                extension=EXTENSIONS[content_type],
                width=outcome.width,
                height=outcome.height,
                size_bytes=outcome.size_bytes,
                sha256=bytes.fromhex(outcome.sha256),
                original=original,
                thumbnail=small,
            )

    def _must_be_clean(self, outcome: Outcome) -> None:
        if outcome.verdict == "too_large":
            raise ImageTooLarge(outcome.width, outcome.height, self.most_pixels)
        if outcome.verdict == "unreadable":
            raise ImageUnreadable


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="sweepline-photo-")
    except OSError as error:  # no room
        raise unavailable() from error


def _type_of(source: Path) -> str | None:
    with source.open("rb") as file:
        return type_of(file.read(FIRST_BYTES))
