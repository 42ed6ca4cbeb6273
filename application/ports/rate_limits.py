from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many in any stretch of that length."""

    most: int
    seconds: int = 60


class Tally(NamedTuple):
    """How a limit stands after one more was asked of it."""

    admitted: bool
    limit: int
    remaining: int
    reset_seconds: (
        int  # at least 1: until the oldest that counts is forgotten, and so the next one fits again
    )


class RateLimits(Protocol):
    async def spend(self, key: str, rate: Rate) -> Tally:
        """One of what `key` may have, if any is left; a refusal costs nothing.

        Never raises and never lets more pass because a store is away. Not for the inside of a transaction."""
