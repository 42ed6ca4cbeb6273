"""uvicorn's HTTP/1.1, whose only answers of its own are problem documents like every other, whose answers
leave in one piece, and which waits for no head for ever, nor reads one without end."""

import asyncio
from typing import Any, cast

from uuid_utils import uuid7
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from entrypoints.http.problems import MEDIA_TYPE, MalformedRequest, Problem, from_domain
from entrypoints.http.security_headers import security_headers

UNREADABLE = from_domain(MalformedRequest("This is not a request by HTTP/1.1, or its method is unknown."))
HEAD_SECONDS = 10.0
SLOW = from_domain(MalformedRequest("The head of the request has not ended in time."))
ENDLESS = from_domain(MalformedRequest("The headers are larger than 16 KiB."))


MOST_HELD_BYTES = 4096
MOST_UNENDED_BYTES = 64 * 1024  # of a head or trailer; once a head has ended, the edge counts it exactly


class Corked:
    """A transport that keeps the head of an answer for its body, so that both leave with one system call.

    Held is one short piece at most, until the next or the loop's next turn, so a fast writer still waits."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._held:
            data, self._held = self._held + data, b""
        elif len(data) < MOST_HELD_BYTES:
            self._held = data
            self._loop.call_soon(self._release)
            return
        self._transport.write(data)

    def close(self) -> None:
        self._release()
        self._transport.close()

    def _release(self) -> None:
        if self._held:
            data, self._held = self._held, b""
            self._transport.write(data)


class Protocol(HttpToolsProtocol):
    """In dev."""

    hsts = False
    head_seconds = HEAD_SECONDS  # from when a head is awaited, or its first byte came, to its end
    head_begun = False
    head_timer: asyncio.TimerHandle | None = None
    unended_bytes = 0  # in pieces of which nothing came, neither a whole head nor a part of a body
    progress = False  # whether anything came of the piece at hand

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", Corked(transport)))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The parser keeps a head, and what may trail a body, in memory until it ends, however long it is."""
        self.progress = False
        super().data_received(data)
        if self._idle:
            self._await_head()
        self.unended_bytes = 0 if self.progress else self.unended_bytes + len(data)
        if self.unended_bytes <= MOST_UNENDED_BYTES or self.transport.is_closing():
            return
        if self._idle:
            self._refuse(ENDLESS)
        else:
            self.transport.close()  # an answer is on its way already

    @property
    def _idle(self) -> bool:
        """No request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # None until the first request
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        """uvicorn waits for ever for a first byte, and from any byte on for the end of a head."""
        if self.head_timer is None and not self.transport.is_closing():
            self.head_timer = self.loop.call_later(self.head_seconds, self._too_slow)

    def _head_is_there(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def _too_slow(self) -> None:
        self.head_timer = None
        if self.transport.is_closing():
            return
        if self.head_begun:
            self._refuse(SLOW)
        else:
            self.transport.close()  # nobody asked anything

    def on_message_begin(self) -> None:
        self.progress = self.head_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.progress = True
        self.head_begun = False
        self._head_is_there()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.progress = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.progress = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """For bytes that cannot be parsed: they never reach the application."""
        self._refuse(UNREADABLE)

    def _refuse(self, problem: Problem) -> None:
        request_id = uuid7().hex
        body = problem.document("", request_id)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *security_headers(hsts=self.hsts),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[problem.status] + lines + b"\r\n" + body)
        self.transport.close()


class ProductionProtocol(Protocol):
    hsts = True
