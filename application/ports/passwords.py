from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verdict:
    matches: bool
    rehash_due: bool = False  # it matches, but was hashed with other parameters than today's


class Passwords(Protocol):
    """Slow on purpose. Both raise Overloaded when too many wait."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> Verdict:
        """One full hash always: without a stored one it costs the same, and does not match."""
