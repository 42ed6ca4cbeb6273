"""Names are looked up in a few threads of their own."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from queue import SimpleQueue
from socket import SOCK_STREAM, getaddrinfo
from threading import Thread

from domain.delivery.addresses import Address

MOST_AT_ONCE = 4


@dataclass(slots=True)
class LookUps:
    """A look-up cannot be called off: where a name's servers are silent it holds its thread for half a
    minute, long after the call that asked was over. In the loop's own threads, of which there are few, such
    ones would keep the whole process from the database, the mail server and whatever else has a name.

    So whoever finds all of these threads held waits, and leaves nothing behind when it gives up. They are
    daemons: none holds up the end of the process."""

    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))
    _asked: SimpleQueue[Callable[[], None]] = field(default_factory=SimpleQueue)
    _threads: int = 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        """Raises gaierror and UnicodeError."""
        await self._free.acquire()
        if self._threads < MOST_AT_ONCE:
            self._threads += 1
            Thread(target=self._work, name="look-up", daemon=True).start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Address]] = loop.create_future()
        self._asked.put(partial(self._look_up, host, port, loop, answer))
        return await answer

    def _work(self) -> None:
        while True:
            self._asked.get()()

    def _look_up(
        self, host: str, port: int, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[list[Address]]
    ) -> None:
        found: list[Address] | OSError | UnicodeError
        try:
            places = getaddrinfo(host, port, type=SOCK_STREAM)
            found = [ip_address(str(place[4][0]).partition("%")[0]) for place in places]
        except (OSError, UnicodeError) as error:
            found = error
        with suppress(RuntimeError):  # the loop has come to its end meanwhile
            loop.call_soon_threadsafe(self._tell, answer, found)

    def _tell(
        self, answer: asyncio.Future[list[Address]], found: list[Address] | OSError | UnicodeError
    ) -> None:
        self._free.release()
        if answer.done():  # called off
            return
        if isinstance(found, list):
            answer.set_result(found)
        else:
            answer.set_exception(found)
