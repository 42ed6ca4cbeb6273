"""Somebody's system that takes every webhook at once, as cheaply as Python can: a process of its own.

`python -m tests.benchmarks.null_receiver PORT`; whoever GETs it is told how many it has taken.
"""

import asyncio
from typing import cast

from tests.benchmarks.taking import take_for_ever

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
HEAD_ENDS = b"\r\n\r\n"


class Taking(asyncio.Protocol):
    """One connection, with one request after another on it."""

    taken = 0  # by all connections

    def __init__(self) -> None:
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is of another family

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (whole := self._whole()) is not None:
            request, self.received = self.received[:whole], self.received[whole:]
            self._answer(request)

    def _whole(self) -> int | None:
        """How long the first request is, once it has arrived."""
        head = self.received.find(HEAD_ENDS)
        if head < 0:
            return None
        fields = self.received[:head].lower()
        _, given, rest = fields.partition(b"content-length:")
        length = int(rest.split(b"\r\n", 1)[0]) if given else 0
        end = head + len(HEAD_ENDS) + length
        return end if len(self.received) >= end else None

    def _answer(self, request: bytes) -> None:
        if request.startswith(b"GET"):
            count = str(Taking.taken).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(count), count))
            return
        Taking.taken += 1
        self.transport.write(TAKEN)
        if b"connection: close" in request[: request.find(HEAD_ENDS)].lower():
            self.transport.close()


if __name__ == "__main__":
    take_for_ever(Taking)
