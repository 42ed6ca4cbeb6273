"""A load generator in a process of its own: each connection sends its next request on an answer.

Reads a `Plan` as JSON from standard input and prints `Figures` as JSON. Bounded in time; loopback only.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Iterator
from itertools import cycle
from typing import cast

import httptools
import msgspec
import uvloop


class Plan(msgspec.Struct):
    port: int
    connections: int
    seconds: float
    requests: list[str]  # whole HTTP/1.1 messages
    repeat: bool = True  # start over at the end; else stop when all were sent


class Figures(msgspec.Struct):
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


class Session(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, notes status and time, sends the next."""

    def __init__(self, messages: Iterator[bytes], until: float) -> None:
        self.messages = messages
        self.until = until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.took: deque[tuple[int, float]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.took.append((self.parser.get_status_code(), time.perf_counter() - self.sent))
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed by the server"))

    def _next(self) -> None:
        message = next(self.messages, None)
        if message is None or time.perf_counter() >= self.until:
            self.done.set_result(None)
            self.transport.close()
            return
        self.parser = httptools.HttpResponseParser(self)
        self.sent = time.perf_counter()
        self.transport.write(message)


async def run(plan: Plan) -> Figures:
    encoded = [request.encode() for request in plan.requests]
    messages = cycle(encoded) if plan.repeat else iter(encoded)
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    sessions = [
        (
            await loop.create_connection(
                lambda: Session(messages, began + plan.seconds), "127.0.0.1", plan.port
            )
        )[1]
        for _ in range(plan.connections)
    ]
    await asyncio.gather(*(session.done for session in sessions))
    return figures([one for session in sessions for one in session.took], time.perf_counter() - began)


def figures(answers: list[tuple[int, float]], seconds: float) -> Figures:
    times = sorted(took for _, took in answers)
    statuses: dict[int, int] = {}
    for status, _ in answers:
        statuses[status] = statuses.get(status, 0) + 1
    return Figures(
        requests_per_second=len(times) / seconds,
        p50_ms=1000 * times[len(times) // 2],
        p99_ms=1000 * times[min(len(times) - 1, len(times) * 99 // 100)],
        statuses=statuses,
    )


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(plan))))


if __name__ == "__main__":
    main()
