"""A photo written anew from nothing but its pixels. Runs in the decoder's process alone (child.py)."""

import hashlib
from pathlib import Path

from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from adapters.pillow.headers import FIRST_BYTES, JPEG, PNG, WEBP, Size, webp_size
from adapters.pillow.orders import Order, Outcome

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
SCAN, MOST_SCANS = b"\xff\xda", 100
"""Each scan of a JPEG goes over all its pixels, and need not say more than a few bytes. Cameras write one,
the most careful programs some twenty."""


class Unreadable(Exception):
    """Damaged, cut off, or no image of its type at all."""


def size_of(order: Order) -> Size:
    """By the header alone. Raises Unreadable, also for what would take its decoder for ever."""
    source = Path(order.source)
    if order.content_type == JPEG and source.read_bytes().count(SCAN) > MOST_SCANS:
        raise Unreadable
    if order.content_type == WEBP:
        with source.open("rb") as file:
            size = webp_size(file.read(FIRST_BYTES))
        if size is None:
            raise Unreadable
        if size.pixels > order.most_pixels:
            return size
    with _opened(order) as image:
        size = Size(*image.size)
    if not size.pixels:
        raise Unreadable
    return size


def clean(order: Order) -> Outcome:
    image = _pixels(order)
    original = Path(order.original)
    image.save(original, FORMATS[order.content_type], **HOW_WRITTEN[order.content_type])
    width, height = image.size
    if order.thumbnail is not None:
        image.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
        image.save(order.thumbnail, "WEBP", quality=80, method=4)
    with original.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Outcome(
        verdict="clean", width=width, height=height, size_bytes=original.stat().st_size, sha256=digest
    )


def _pixels(order: Order) -> Image.Image:
    """The first frame, upright, in a mode that its format can hold, with nothing beside it."""
    try:
        plain, turned = _decoded(order)  # by itself: what it was decoded from is let go before the copy
        if turned is not None:
            plain = plain.transpose(turned)
    except Exception as error:  # what hostile bytes raise in a decoder is listed nowhere
        raise Unreadable from error
    plain.info = {}
    return plain


def _decoded(order: Order) -> tuple[Image.Image, Image.Transpose | None]:
    """With how it is to be turned, if at all."""
    with _opened(order) as image:
        image.load()
        return _plain(image, opaque=order.content_type == JPEG), UPRIGHT.get(_orientation(image))


def _opened(order: Order) -> ImageFile:
    try:
        return READERS[order.content_type](order.source)
    except Exception as error:  # as above, and a decoder's own idea of what is too large
        raise Unreadable from error


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
