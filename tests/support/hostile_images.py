"""Hostile and odd uploads, each with what becomes of it: the type that is stored, or the refusal's code.

All are small and made here; a bomb's size is in what it claims.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from struct import pack

from PIL import Image, PngImagePlugin

from tests.support.photos import an_image, encoded

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
TYPE, UNREADABLE, TOO_LARGE = "unsupported_media_type", "image_unreadable", "image_too_large"
SECRET = b"51.5007 N, 0.1246 W, taken by Jane Doe"
"""In every kind of metadata; nothing that is stored may hold it."""
MOST_PIXELS = 40_000_000
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@dataclass(frozen=True, slots=True)
class Case:
    """`outcome` is a stored type, or a problem's code."""

    name: str
    data: bytes
    outcome: str
    filename: str = "photo.jpg"
    size: tuple[int, int] | None = None  # of what is stored, where it is not the usual one

    @property
    def is_accepted(self) -> bool:
        return "/" in self.outcome


def with_segment(marker: int, body: bytes, of: bytes = b"") -> bytes:
    """A JPEG with one more segment at its beginning."""
    image = of or an_image()
    return image[:2] + _segment(marker, body) + image[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))


def with_chunk(kind: bytes, body: bytes) -> bytes:
    image = an_image("PNG")
    return image[:33] + png_chunk(kind, body) + image[33:]


def png_claiming(width: int, height: int, pixels: bytes = b"") -> bytes:
    """The header of a PNG of that size, and a little compressed nothing."""
    header = png_chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + header + body + png_chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    image = bytearray(an_image())
    at = image.index(b"\xff\xc0") + 5
    image[at : at + 4] = pack(">HH", height, width)
    return bytes(image)


def jpeg_of_scans(width: int, height: int, scans: int) -> bytes:
    """Grey, and progressive: so many passes over all its pixels, none of which changes one."""
    blocks = -(-width // 8) * -(-height // 8)
    frame = pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])
    head = _segment(0xDB, bytes([0, *[1] * 64])) + _segment(0xC2, frame)
    tables = b"".join(
        _segment(0xC4, bytes([kind, 1, *[0] * 15, says])) for kind, says in ((0, 0), (0x10, 0xE0))
    )
    first = _segment(0xDA, bytes([1, 1, 0, 0, 0, 1])) + bytes(
        -(-blocks // 8)
    )  # a bit for each block: no change
    bits = ("0" + "1" * 14) * -(-blocks // 32_767)  # that many blocks end here, and so on
    bits += "1" * (-len(bits) % 8)
    nothing = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    scan = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + nothing
    return b"\xff\xd8" + head + tables + first + scan * scans + b"\xff\xd9"


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + pack(">H", len(body) + 2) + body


def webp_claiming(width: int, height: int) -> bytes:
    """An extended one, whose canvas is announced first."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + pack("<I", 10) + b"\x00" * 4 + sides + an_image("WEBP")[12:]
    return b"RIFF" + pack("<I", len(body) + 4) + b"WEBP" + body


def with_webp_chunk(kind: bytes, body: bytes) -> bytes:
    made = io.BytesIO()
    options = {b"EXIF": "exif", b"XMP ": "xmp", b"ICCP": "icc_profile"}
    Image.new("RGB", (64, 48)).save(made, "WEBP", **{options[kind]: body})
    return made.getvalue()


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """Left half black, right half white, and a word on how to hold it."""
    image = Image.new("RGB", (64, 48), "white")
    image.paste("black", (0, 0, 32, 48))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    return encoded(image, kind, exif=exif)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)


def png_with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return encoded(
        Image.new("RGB", (64, 48)), "PNG", pnginfo=info, exif=exif, icc_profile=SECRET, dpi=(72, 72)
    )


@cache
def cases() -> tuple[Case, ...]:
    made = (*_polyglots(), *_metadata(), *_bombs(), *_damaged(), *_other_types(), *_odd(), *_names())
    assert len(made) >= 60
    assert len({case.name for case in made}) == len(made)
    return made


def _polyglots() -> Iterator[Case]:
    zipped = b"PK\x05\x06" + b"\x00" * 18
    yield Case("JPEG with a ZIP behind it", an_image() + zipped, JPEG)
    yield Case("JPEG with HTML behind it", an_image() + HTML, JPEG, "page.html")
    yield Case("JPEG with a JPEG behind it", an_image() + an_image(colour=1), JPEG)
    yield Case("JPEG with a script as its comment", with_segment(0xFE, HTML + SECRET), JPEG)
    yield Case("JPEG with PHP in its JFIF", with_segment(0xE0, b"<?php system($_GET[0]); ?>"), JPEG)
    yield Case("PNG with HTML behind it", an_image("PNG") + HTML, PNG, "page.html")
    yield Case("PNG with a ZIP in a chunk", with_chunk(b"zzZz", zipped), PNG)
    yield Case("WebP with HTML behind it", an_image("WEBP") + HTML, WEBP, "a.webp")
    yield Case("GIF that is JavaScript", b"GIF89a/*" + b"\x00" * 20 + b"*/=1;alert(1)", TYPE, "x.gif")
    yield Case("PDF that holds a JPEG", b"%PDF-1.7\n" + an_image(), TYPE, "photo.jpg")
    yield Case("ZIP that holds a JPEG", b"PK\x03\x04" + an_image(), TYPE)
    yield Case("HTML that holds a JPEG", HTML + an_image(), TYPE)


def _metadata() -> Iterator[Case]:
    gps = Image.Exif()
    gps.get_ifd(0x8825)[1] = SECRET.decode()
    for kind, type_ in (("JPEG", JPEG), ("PNG", PNG), ("WEBP", WEBP)):
        yield Case(f"{kind} with GPS", encoded(Image.new("RGB", (64, 48)), kind, exif=gps), type_)
    yield Case("JPEG with XMP", with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET), JPEG)
    yield Case("JPEG with a colour profile", with_segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + SECRET), JPEG)
    yield Case("JPEG with a Photoshop block", with_segment(0xED, b"Photoshop 3.0\x00" + SECRET), JPEG)
    yield Case("JPEG with an unknown block", with_segment(0xEB, SECRET), JPEG)
    yield Case("JPEG with EXIF that is none", with_segment(0xE1, b"Exif\x00\x00" + SECRET), JPEG)
    yield Case("PNG with text, EXIF, XMP and a profile", png_with_text(), PNG)
    yield Case("PNG with a private chunk", with_chunk(b"prVt", SECRET), PNG)
    for chunk in (b"EXIF", b"XMP ", b"ICCP"):
        yield Case(f"WebP with {chunk.decode().strip()}", with_webp_chunk(chunk, SECRET), WEBP)
    for orientation in range(1, 9):
        size = (64, 48) if orientation < 5 else (48, 64)
        yield Case(f"JPEG held as {orientation}", turned(orientation), JPEG, size=size)
    yield Case("JPEG held as nobody can", turned(9), JPEG)
    yield Case("WebP held as 6", turned(6, "WEBP"), WEBP, size=(48, 64))


def _bombs() -> Iterator[Case]:
    yield Case("PNG that claims 2.5 gigapixels", png_claiming(50_000, 50_000), TOO_LARGE)
    yield Case("PNG one row too many", png_claiming(8_000, 5_001), TOO_LARGE)
    yield Case("PNG of zeros without end", png_claiming(60_000, 60_000, b"\x00" * 3_000_000), TOO_LARGE)
    yield Case("PNG one pixel high", png_claiming(40_000_001, 1), TOO_LARGE)
    yield Case("JPEG that claims 4 gigapixels", jpeg_claiming(65_500, 65_500), TOO_LARGE)
    yield Case("WebP that claims 268 megapixels", webp_claiming(16_383, 16_383), TOO_LARGE)
    yield Case("WebP that claims a canvas of 281 terapixels", webp_claiming(1 << 24, 1 << 24), TOO_LARGE)
    text = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"a" * 3_000_000, 9))
    image = an_image("PNG")
    yield Case("PNG with a text that swells", image[:33] + text * 4 + image[33:], UNREADABLE)
    yield Case("JPEG of a few scans", jpeg_of_scans(64, 48, 9), JPEG)
    yield Case("JPEG of scans without end", jpeg_of_scans(64, 48, 100), UNREADABLE)
    yield Case("PNG that claims no pixel", png_claiming(0, 10), UNREADABLE)
    yield Case("PNG that claims more than it has", png_claiming(4_000, 4_000), UNREADABLE)


def _damaged() -> Iterator[Case]:
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = an_image(kind, (200, 150))
        yield Case(f"{kind} cut in half", whole[: len(whole) // 2], UNREADABLE)
        yield Case(f"{kind} of its first bytes alone", whole[:16], UNREADABLE)
    whole = an_image("PNG")
    yield Case("PNG with a wrong checksum", whole[:29] + b"\x00\x00\x00\x00" + whole[33:], UNREADABLE)
    yield Case("JPEG without a table", an_image().replace(b"\xff\xdb", b"\xff\xef", 2), UNREADABLE)
    yield Case("JPEG of noise", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4, UNREADABLE)
    yield Case("WebP whose size is a lie", whole_webp_lying(), UNREADABLE)


def whole_webp_lying() -> bytes:
    image = an_image("WEBP")
    return image[:4] + pack("<I", 0x7FFFFFFF) + image[8:40]


def _other_types() -> Iterator[Case]:
    yield Case("HTML named .jpg", HTML, TYPE)
    yield Case("SVG named .png", SVG, TYPE, "photo.png")
    yield Case("SVG with an XML head", b'<?xml version="1.0"?>' + SVG, TYPE, "photo.svg")
    yield Case("a GIF", encoded(Image.new("P", (8, 8)), "GIF"), TYPE, "photo.gif")
    yield Case("a BMP", encoded(Image.new("RGB", (8, 8)), "BMP"), TYPE, "photo.bmp")
    yield Case("a TIFF", encoded(Image.new("RGB", (8, 8)), "TIFF"), TYPE, "photo.tif")
    yield Case("an icon", encoded(Image.new("RGB", (16, 16)), "ICO"), TYPE, "favicon.ico")
    yield Case("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", TYPE, "photo.eps")
    yield Case("a program", b"\x7fELF" + b"\x00" * 60, TYPE)
    yield Case("nothing at all", b"", TYPE)
    yield Case("one byte", b"\xff", TYPE)
    yield Case("a sound in RIFF", b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 30, TYPE, "photo.webp")


def _odd() -> Iterator[Case]:
    for mode in ("L", "CMYK"):
        yield Case(f"JPEG in {mode}", an_image(mode=mode), JPEG)
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield Case(f"PNG in {mode}", an_image("PNG", mode=mode), PNG)
    yield Case("animated PNG", animated("PNG"), PNG)
    yield Case("animated WebP", animated("WEBP"), WEBP)
    yield Case("progressive JPEG", encoded(Image.new("RGB", (64, 48)), progressive=True), JPEG)
    yield Case("PNG of one pixel", an_image("PNG", (1, 1)), PNG, size=(1, 1))
    yield Case("PNG a thousand times as wide as high", an_image("PNG", (1000, 1)), PNG, size=(1000, 1))
    yield Case("two pictures in one, as phones take them", two_in_one(), JPEG)


def two_in_one() -> bytes:
    first, second = Image.new("RGB", (64, 48), "red"), Image.new("RGB", (64, 48), "blue")
    return encoded(first, "MPO", save_all=True, append_images=[second])


def _names() -> Iterator[Case]:
    names = {
        "a path that climbs": "../../../etc/cron.d/evil.jpg",
        "a path of Windows": "..\\..\\evil.jpg",
        "a NUL": "evil.jpg\x00.html",
        "line ends": "evil.jpg\r\nSet-Cookie: a=b",
        "letters that run backwards": "gnp\u202ephoto.jpg",
        "no letters": "...",
        "four hundred letters": "x" * 400 + ".jpg",
        "quotes and semicolons": 'a";filename="b.html',
    }
    for number, (what, name) in enumerate(names.items()):
        yield Case(f"a name with {what}", an_image(colour=150 + number), JPEG, name)
