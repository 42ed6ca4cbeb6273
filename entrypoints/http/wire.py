"""uvicorn's HTTP/1.1, whose only answer of its own is a problem document like every other, and whose answers
leave in one piece."""

import asyncio
from typing import Any, cast

from uuid_utils import uuid7
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from entrypoints.http.problems import MEDIA_TYPE, MalformedRequest, from_domain
from entrypoints.http.security_headers import security_headers

UNREADABLE = from_domain(MalformedRequest("This is not a request by HTTP/1.1, or its method is unknown."))


MOST_HELD_BYTES = 4096


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

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", Corked(transport)))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """For bytes that cannot be parsed: they never reach the application."""
        request_id = uuid7().hex
        body = UNREADABLE.document("", request_id)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *security_headers(hsts=self.hsts),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[UNREADABLE.status] + lines + b"\r\n" + body)
        self.transport.close()


class ProductionProtocol(Protocol):
    hsts = True
