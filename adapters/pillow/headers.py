"""What a file says of itself in its first bytes, read without a decoder."""

from dataclasses import dataclass
from struct import unpack_from

FIRST_BYTES = 30  # a WebP says its size last
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
EXTENSIONS = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp"}


def type_of(first: bytes) -> str | None:
    if first.startswith(b"\xff\xd8\xff"):
        return JPEG
    if first.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return WEBP
    return None


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


def webp_size(first: bytes) -> Size | None:
    """The canvas. Its decoder makes room for all of it as soon as it is asked what the file is, so this must
    be known before."""
    if len(first) < FIRST_BYTES:
        return None
    match first[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(first[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            (bits,) = unpack_from("<I", first, 21)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (side & 0x3FFF for side in unpack_from("<HH", first, 26))
        case _:
            return None
    return Size(width, height)
