"""A queue before the calendar."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = 6


class Crowd:
    """Of those who want a time, a few go at once; the others wait here, as long as it takes, and not for a
    database connection, which is waited for only so long and which others need too."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._places:
            yield
