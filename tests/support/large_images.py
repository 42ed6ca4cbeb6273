"""As large as is allowed, held sideways, and of the kinds that take most memory. Small files all the same,
and made without a picture in memory."""

import zlib
from collections.abc import Iterator
from struct import pack

from tests.support.hostile_images import jpeg_of_scans, png_chunk, with_segment

WIDTH, HEIGHT = 8_000, 5_000
SIDEWAYS = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def large_images() -> Iterator[bytes]:
    yield progressive_jpeg()
    yield interlaced_png()
    yield lossless_webp()


def progressive_jpeg() -> bytes:
    return with_segment(0xE1, b"Exif\x00\x00" + SIDEWAYS, jpeg_of_scans(WIDTH, HEIGHT, 2))


def interlaced_png() -> bytes:
    """Four channels of sixteen bits."""
    packed = zlib.compressobj(1)
    pixels = b""
    for left, top, across, down in PASSES:
        row = b"\x00" + b"\x55" * (8 * len(range(left, WIDTH, across)))
        pixels += b"".join(packed.compress(row) for _ in range(top, HEIGHT, down))
    header = png_chunk(b"IHDR", pack(">IIBBBBB", WIDTH, HEIGHT, 16, 6, 0, 0, 1))
    body = png_chunk(b"IDAT", pixels + packed.flush())
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"eXIf", SIDEWAYS) + body + png_chunk(b"IEND", b"")


def lossless_webp() -> bytes:
    """One colour: a canvas of 160 MB in ninety bytes."""
    sides = (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    pixels = bytes.fromhex("2f3fdfe10407508a2a14b9ff8188e87f00")
    chunks = (
        (b"VP8X", b"\x08\x00\x00\x00" + sides),
        (b"VP8L", pixels),
        (b"EXIF", SIDEWAYS),
    )
    body = b"".join(kind + pack("<I", len(each)) + each + bytes(len(each) % 2) for kind, each in chunks)
    return b"RIFF" + pack("<I", len(body) + 4) + b"WEBP" + body
