"""Photos by Pillow: decoded in a thread, and written anew from nothing but their pixels."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from adapters.pillow.headers import EXTENSIONS, FIRST_BYTES, JPEG, PNG, WEBP, Size, type_of, webp_size
from application.ports.images import CleanImage
from domain.photos.refusals import ImageTooLarge, ImageUnreadable, TypeNotAllowed

READERS: dict[str, type[ImageFile]] = {
    # By the decoder itself: what would guess among all formats takes part in nothing here.
    JPEG: JpegImagePlugin.JpegImageFile,
    PNG: PngImagePlugin.PngImageFile,
    WEBP: WebPImagePlugin.WebPImageFile,
}
FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
HOW_WRITTEN: dict[str, dict[str, int]] = {JPEG: {"quality": 88}, PNG: {}, WEBP: {"quality": 88, "method": 3}}
THUMBNAIL_EDGE = 480
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(slots=True)
class PillowImages:
    allowed: Collection[str]
    most_pixels: int
    _line: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))
    _decoder: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "sweepline-photos"))

    @asynccontextmanager
    async def cleaned(self, source: Path, *, thumbnail: bool) -> AsyncIterator[CleanImage]:
        content_type = await self._alone(lambda: self._look(source))
        with tempfile.TemporaryDirectory(prefix="sweepline-photo-") as folder:
            work = _Work(source, content_type, Path(folder), thumbnail=thumbnail)
            yield await self._alone(work.do)

    async def _alone[T](self, work: Callable[[], T]) -> T:
        """One image at a time, and always in the same thread: each thread that decodes keeps some of its
        memory when it is done, so that many of them would together hold what no image needs."""
        return await run_sync(lambda: self._decoder.submit(work).result(), limiter=self._line)

    def _look(self, source: Path) -> str:
        """The type, by the header alone, of what is not too large to be decoded."""
        with source.open("rb") as file:
            first = file.read(FIRST_BYTES)
        content_type = type_of(first)
        if content_type is None or content_type not in self.allowed:
            raise TypeNotAllowed(", ".join(sorted(self.allowed)))
        if content_type == WEBP:
            size = webp_size(first)
            if size is None:
                raise ImageUnreadable
            self._must_fit(size)
        with _opened(source, content_type) as image:
            self._must_fit(Size(*image.size))
        return content_type

    def _must_fit(self, size: Size) -> None:
        if size.pixels > self.most_pixels:
            raise ImageTooLarge(size.width, size.height, self.most_pixels)
        if not size.pixels:
            raise ImageUnreadable


@dataclass(frozen=True, slots=True)
class _Work:
    source: Path
    content_type: str
    folder: Path
    thumbnail: bool

    def do(self) -> CleanImage:
        image = self._pixels()
        original = self.folder / "original"
        image.save(original, FORMATS[self.content_type], **HOW_WRITTEN[self.content_type])
        width, height = image.size
        return CleanImage(
            content_type=self.content_type,
            extension=EXTENSIONS[self.content_type],
            width=width,
            height=height,
            size_bytes=original.stat().st_size,
            sha256=_sha256(original),
            original=original,
            thumbnail=self._small(image) if self.thumbnail else None,
        )

    def _pixels(self) -> Image.Image:
        """The first frame, upright, in a mode that its format can hold, with nothing beside it."""
        try:
            plain, turned = self._decoded()  # by itself: what it was decoded from is let go before the copy
            if turned is not None:
                plain = plain.transpose(turned)
        except Exception as error:  # what hostile bytes raise in a decoder is listed nowhere
            raise ImageUnreadable from error
        plain.info = {}
        return plain

    def _decoded(self) -> tuple[Image.Image, Image.Transpose | None]:
        """With how it is to be turned, if at all."""
        with _opened(self.source, self.content_type) as image:
            image.load()
            return _plain(image, opaque=self.content_type == JPEG), UPRIGHT.get(_orientation(image))

    def _small(self, image: Image.Image) -> Path:
        """Changes the image: it is needed no more."""
        image.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
        small = self.folder / "thumbnail"
        image.save(small, "WEBP", quality=80, method=4)
        return small


def _opened(source: Path, content_type: str) -> ImageFile:
    try:
        return READERS[content_type](source)
    except Exception as error:  # as below, and a decoder's own idea of what is too large
        raise ImageUnreadable from error


def _orientation(image: ImageFile) -> int:
    """As a camera wrote it; what cannot be read turns nothing."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001  # a block that is dropped anyway is no reason to refuse the photo
        return 1


def _plain(image: Image.Image, *, opaque: bool) -> Image.Image:
    """Grey, RGB or RGBA with eight bits a channel, and no palette."""
    if image.mode.startswith("I") or image.mode == "F":  # sixteen bits of grey
        return image.point(lambda value: value / 256).convert("L")
    if not opaque and image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in {"L", "RGB"} else image.convert("L" if image.mode in {"1", "LA"} else "RGB")


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
