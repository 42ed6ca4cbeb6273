"""What the server and its decoder say to each other: a line of JSON each way."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Line:
    def written(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        return cls(**json.loads(line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Line):
    """Paths; both files are new, and no thumbnail is made where there is none."""

    source: str
    content_type: str
    most_pixels: int
    most_seconds: float
    original: str
    thumbnail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Line):
    """`sha256` in hex, of the original that was written."""

    verdict: Literal["clean", "too_large", "unreadable"]
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    sha256: str = ""
