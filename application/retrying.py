"""Running a use case again when others changed the same rows first."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from functools import wraps

from domain.shared.errors import Contended

TRIES = 5
DEADLINE_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.02


def retrying[**P, R](use_case: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """For a `handle` whose transaction may lose a race: a deadlock, a lock not got in time.

    Each try is a new transaction, so the handler must do nothing outside of it that may not happen twice.
    Gives up, with the last Contended (503, Retry-After), after five tries or ten seconds."""

    @wraps(use_case)
    async def again(*arguments: P.args, **named: P.kwargs) -> R:
        started = time.monotonic()
        for attempt in range(1, TRIES):
            try:
                return await use_case(*arguments, **named)
            except Contended:
                if time.monotonic() - started > DEADLINE_SECONDS:
                    raise
                await asyncio.sleep(_pause(attempt))
        return await use_case(*arguments, **named)

    return again


def _pause(attempt: int) -> float:
    """Twice as long each time, and never quite the same: those who met must not meet again."""
    return math.ldexp(FIRST_PAUSE_SECONDS, attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311  # no secret
