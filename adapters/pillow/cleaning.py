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
Image.MAX_IMAGE_PIXELS = None  # our own limit is asked first
SCAN, MOST_SCANS = b"\xff\xda", 100
"""Each scan of a JPEG goes over all its pixels, and need not say more than a few bytes. Cameras write one,
the most careful programs some twenty."""


class _TooLarge(Exception):
    def __init__(self, size: Size) -> None:
        self.size = size


def carry_out(order: Order) -> Outcome:
    try:
        image = _pixels(order)
    except _TooLarge as found:
        return Outcome(verdict="too_large", width=found.size.width, height=found.size.height)
    except Exception:  # noqa: BLE001  # what hostile bytes raise in a decoder is listed nowhere
        return Outcome(verdict="unreadable")
    return _written(image, order)


def _pixels(order: Order) -> Image.Image:
    """The first frame, upright, in a mode that its format can hold, with nothing beside it."""
    plain, turned = _decoded(order)  # by itself: what it was decoded from is let go before the copy
    if turned is not None:
        plain = plain.transpose(turned)
    plain.info = {}
    return plain


def _decoded(order: Order) -> tuple[Image.Image, Image.Transpose | None]:
    """With how it is to be turned, if at all. How large it is, is known before a pixel is decoded."""
    _look(order)
    with READERS[order.content_type](order.source) as image:
        _must_fit(Size(*image.size), order)
        image.load()
        return _plain(image, opaque=order.content_type == JPEG), UPRIGHT.get(_orientation(image))


def _look(order: Order) -> None:
    """Before a decoder does: that of a WebP makes room for the canvas as soon as it is opened."""
    source = Path(order.source).read_bytes()
    if order.content_type == JPEG and source.count(SCAN) > MOST_SCANS:
        raise ValueError("scans without end")
    if order.content_type == WEBP:
        _must_fit(webp_size(source[:FIRST_BYTES]), order)


def _must_fit(size: Size | None, order: Order) -> None:
    if size is None or not size.pixels:
        raise ValueError("no size")
    if size.pixels > order.most_pixels:
        raise _TooLarge(size)


def _written(image: Image.Image, order: Order) -> Outcome:
    original, (width, height) = Path(order.original), image.size
    image.save(original, FORMATS[order.content_type], **HOW_WRITTEN[order.content_type])
    if order.thumbnail is not None:
        image.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
        image.save(order.thumbnail, "WEBP", quality=80, method=4)
    with original.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes = original.stat().st_size
    return Outcome(verdict="clean", width=width, height=height, size_bytes=size_bytes, sha256=digest)


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
