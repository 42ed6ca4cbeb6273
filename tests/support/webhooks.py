"""Somebody's system that receives webhooks, on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.abc import SocketAttribute, SocketStream

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(slots=True)
class Received:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """`answers`, one a request, the last for ever; an empty one is never sent. After `per_connection` of
    them it hangs up; 0: when the peer does."""

    answers: list[bytes] = field(default_factory=lambda: [OK])
    per_connection: int = 1
    port: int = 0
    connections: int = 0
    requests: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, stream: SocketStream) -> None:
        self.connections += 1
        try:
            async with stream:
                heard = 0
                while heard < self.per_connection or not self.per_connection:
                    self.requests.append(await read_request(stream))
                    heard += 1
                    await self._answer(stream)
                await stream.receive()  # until the peer has heard it
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass

    async def _answer(self, stream: SocketStream) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            await anyio.sleep_forever()
        await stream.send(answer)


async def read_request(stream: SocketStream) -> Received:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += await stream.receive()
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): text.strip() for name, _, text in (one.partition(":") for one in fields)}
    while len(body) < int(headers.get("content-length", 0)):
        body += await stream.receive()
    return Received(line, headers, body)


@asynccontextmanager
async def listening(receiver: Receiver, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    listener = await anyio.create_tcp_listener(local_host=host)
    receiver.port = listener.extra(SocketAttribute.local_port)  # noqa: S610  # no Django here
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, receiver.serve)
        yield receiver
        tasks.cancel_scope.cancel()
