"""Whether requests still get a connection of the pool: asked as one of them, in their queue."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import cast

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from adapters.postgres.errors import SPOKEN

PATIENCE_SECONDS = 1.0
"""A burst is over by then. Who waits longer is better served by another instance."""


@dataclass(slots=True)
class PoolWatch:
    """One at a time stands in the queue, and only while every connection is out: it takes a connection for an
    instant when its turn comes. It is never called back in the middle of that: a probe that is answered
    meanwhile leaves it standing, and the next probe finds out since when."""

    engine: AsyncEngine
    _waiting: "tuple[float, asyncio.Task[bool]] | None" = None

    async def is_exhausted(self) -> bool:
        """At most PATIENCE_SECONDS: whether somebody who wants a connection has waited for so long."""
        if self._waiting is None or self._waiting[1].done():
            if not self._is_full():
                return False
            self._waiting = (monotonic(), asyncio.ensure_future(self._stand_in_line()))
        since, turn = self._waiting
        await asyncio.wait({turn}, timeout=max(0.0, since + PATIENCE_SECONDS - monotonic()))
        return not (turn.done() and turn.result())

    async def close(self) -> None:
        if self._waiting is not None:
            self._waiting[1].cancel()
            await asyncio.gather(self._waiting[1], return_exceptions=True)

    def _is_full(self) -> bool:
        pool = cast("QueuePool", self.engine.pool)
        return pool.checkedout() >= pool.size()

    async def _stand_in_line(self) -> bool:
        """Whether the turn came."""
        try:
            async with self.engine.connect():
                return True
        except PoolTimeout:
            return False
        except (OSError, SQLAlchemyError, *SPOKEN):
            return True  # a database that cannot be reached is the other probe's to tell
