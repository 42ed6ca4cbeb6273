"""`last_used_at` of sessions: written in batches, once a minute and when the process ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from dishka import AsyncContainer
from litestar import Litestar

from application.identity.session_use import SessionUse
from domain.shared.errors import Unavailable

EVERY_SECONDS = 60.0

logger = logging.getLogger("sweepline.sessions")


def keeping_session_use(
    container: AsyncContainer,
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """A part of the application's lifespan."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        uses = await container.get(SessionUse)
        task = asyncio.create_task(_write_down_regularly(uses))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await _write_down(uses)

    return lifespan


async def _write_down_regularly(uses: SessionUse) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        await _write_down(uses)


async def _write_down(uses: SessionUse) -> None:
    try:
        await uses.write_down()
    except Unavailable:
        logger.warning("the use of sessions could not be written down")
