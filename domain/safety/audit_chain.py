"""The chain that the rows of an organisation's audit log hang on, each by the hash of the one before."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

GENESIS = bytes(32)
"""What the first row hangs on: 64 zeros, written out."""


def link(prev_hash: bytes, row: bytes) -> bytes:
    """The hash of a row that follows `prev_hash`; `row` is the row under its number as RFC 8785 JSON.

    SHA-256 over the 64 hexadecimal digits of the earlier hash and the row's text, so that anybody can
    recompute it from what the API shows."""
    return hashlib.sha256(prev_hash.hex().encode() + row).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number and hash of its last row."""

    seq: int = 0
    hash: bytes = GENESIS

    def followed_by(self, row: bytes) -> "Head":
        return Head(self.seq + 1, link(self.hash, row))


class Harm(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Break:
    """The first number at which a chain does not hold, and what was done to it."""

    seq: int
    harm: Harm


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A row as it is found: its own claims, and its text to check them by. No text: it cannot be written
    as RFC 8785 JSON, so we never sealed it."""

    seq: int
    prev_hash: bytes
    hash: bytes
    row: bytes | None


@dataclass(slots=True)
class ChainCheck:
    """Walks a chain from its beginning; `at` is how far it holds."""

    at: Head = Head()

    def take(self, found: Link) -> Break | None:
        """The next row in the order of the numbers."""
        if found.seq > self.at.seq + 1:
            return Break(self.at.seq + 1, Harm.MISSING)
        hangs = found.row is not None and found.prev_hash == self.at.hash
        if not hangs or found.hash != link(self.at.hash, found.row or b""):
            return Break(found.seq, Harm.CHANGED)
        self.at = Head(found.seq, found.hash)
        return None

    def finish(self, end: Head) -> Break | None:
        """After the last row: `end` is where the chain should end."""
        if self.at.seq < end.seq:
            return Break(self.at.seq + 1, Harm.CUT_OFF)
        return None if self.at == end else Break(self.at.seq, Harm.CHANGED)
