"""What an image file is made of, read by hand: its blocks by name, and whether anything lies behind them."""

from struct import unpack

PLAIN = {
    "image/jpeg": {"SOI", "APP0 JFIF", "DQT", "SOF", "DHT", "SOS", "EOI"},
    "image/png": {"IHDR", "IDAT", "IEND"},
    "image/webp": {"VP8 ", "VP8L", "VP8X", "ALPH"},
}
"""What holds pixels and nothing else."""


def blocks_of(data: bytes) -> list[str]:
    if data.startswith(b"\xff\xd8"):
        return _of_jpeg(data)
    if data.startswith(b"\x89PNG"):
        return _of_png(data)
    assert data[:4] == b"RIFF", data[:16]
    return _of_webp(data)


def _of_jpeg(data: bytes) -> list[str]:
    names, at = ["SOI"], 2
    while True:
        assert data[at] == 0xFF, names
        marker = data[at + 1]
        length = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        names.append(_jpeg_name(marker, body))
        at += 2 + length
        if names[-1] == "SOS":
            break
    end = data.index(b"\xff\xd9", at)
    return [*names, "EOI", *(["trailer"] if end + 2 != len(data) else [])]


def _jpeg_name(marker: int, body: bytes) -> str:
    known = {0xDB: "DQT", 0xC4: "DHT", 0xDA: "SOS", 0xC0: "SOF", 0xC1: "SOF", 0xC2: "SOF", 0xFE: "COM"}
    if marker == 0xE0 and body.startswith(b"JFIF"):
        return "APP0 JFIF"
    return known.get(marker, f"{marker:02X}")


def _of_png(data: bytes) -> list[str]:
    names, at = [], 8
    while at < len(data):
        length, kind = unpack(">I4s", data[at : at + 8])
        names.append(kind.decode())
        at += 12 + length
        if kind == b"IEND":
            break
    return [*names, *(["trailer"] if at != len(data) else [])]


def _of_webp(data: bytes) -> list[str]:
    (size,) = unpack("<I", data[4:8])
    names, at = [], 12
    while at < 8 + size:
        kind, length = unpack("<4sI", data[at : at + 8])
        names.append(kind.decode())
        at += 8 + length + length % 2
    return [*names, *(["trailer"] if 8 + size != len(data) else [])]
