"""How much is decoded at once: pixels cost memory, whoever sends them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class PixelBudget:
    """Images wait in line until there is room; one that is larger than the whole budget goes alone."""

    def __init__(self, most_pixels: int) -> None:
        self._most = most_pixels
        self._used = 0
        self._line = anyio.Lock()
        self._room = anyio.Condition()

    @asynccontextmanager
    async def hold(self, pixels: int) -> AsyncIterator[None]:
        async with self._line, self._room:
            while self._used and self._used + pixels > self._most:
                await self._room.wait()
            self._used += pixels
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                async with self._room:
                    self._used -= pixels
                    self._room.notify_all()
