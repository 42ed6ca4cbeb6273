"""Somebody's system that takes webhooks, fast, and counts them: in a thread of its own, as tests block."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import uvloop

NO_CONTENT = "204 No Content"


class Arrival(NamedTuple):
    at: float  # Unix seconds
    event_id: str


class Answer(NamedTuple):
    after_seconds: float = 0
    status: str = NO_CONTENT
    headers: str = ""


def at_once(_event_id: str, _body: bytes) -> Answer:
    return Answer()


@dataclass(slots=True)
class Inbox:
    """`answer` says what becomes of a request; `answered` is called once the answer has left."""

    answer: Callable[[str, bytes], Answer] = at_once
    answered: Callable[[str], None] = lambda _event_id: None
    arrivals: list[Arrival] = field(default_factory=list)
    port: int = 0
    left: set[str] = field(default_factory=set)  # messages whose sender hung up before the answer
    _taking: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def counts(self) -> Counter[str]:
        return Counter(arrival.event_id for arrival in list(self.arrivals))

    def wait_for(self, count: int, seconds: float) -> None:
        """Until so many different messages have arrived, or so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if len(self.arrivals) >= count and len(self.counts) >= count:
                return
            time.sleep(0.02)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._take(reader, writer))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def close(self) -> None:
        """Nobody is left who would read the answers that are still to come."""
        for task in (left := list(self._taking)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:-2])
            body = await reader.readexactly(int(fields[b"content-length"]))
            event_id = fields[b"webhook-id"].strip().decode()
            self.arrivals.append(Arrival(time.time(), event_id))
            answer = self.answer(event_id, body)
            if answer.after_seconds and await _hangs_up(reader, answer.after_seconds):
                self.left.add(event_id)
                return
            writer.write(f"HTTP/1.1 {answer.status}\r\n{answer.headers}\r\n".encode())
            await writer.drain()
            self.answered(event_id)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender was killed
        finally:
            writer.close()


async def _hangs_up(reader: asyncio.StreamReader, within_seconds: float) -> bool:
    try:
        async with asyncio.timeout(within_seconds):
            return not await reader.read(1)
    except TimeoutError:
        return False


@contextmanager
def receiving(inbox: Inbox) -> Iterator[Inbox]:
    """Listening on a free port of loopback."""
    ready, over = threading.Event(), asyncio.Event()
    loop = uvloop.new_event_loop()

    async def serve() -> None:
        async with await asyncio.start_server(inbox.accept, "127.0.0.1", 0, backlog=1000) as server:
            inbox.port = server.sockets[0].getsockname()[1]
            ready.set()
            await over.wait()
            await inbox.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield inbox
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
