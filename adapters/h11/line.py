"""One connection to one address: a request goes out, the head of the answer comes back."""

import asyncio
import ssl
from typing import cast

import h11

from domain.delivery.addresses import Address

MOST_ANSWER_BYTES = 16 * 1024
SAY_THE_END = frozenset({b"content-length", b"transfer-encoding"})


class Line(asyncio.BufferedProtocol):
    """Reads at most MOST_ANSWER_BYTES for each request. Of an answer's body nothing is kept."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_ANSWER_BYTES)
        self._room = memoryview(bytearray(MOST_ANSWER_BYTES))
        self._read = 0  # bytes of this answer
        self._asked = 0
        self._is_over = False
        self._fault: Exception | None = None
        self._news: asyncio.Future[None] | None = None

    async def ask(self, *parts: h11.Event) -> h11.Response:
        """Raises OSError and h11.ProtocolError."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        self._read, self._asked = 0, self._asked + 1
        self._transport.write(b"".join(self._http.send(part) or b"" for part in parts))
        while not isinstance(event := self._http.next_event(), h11.Response):  # it may be an interim answer
            if event is h11.NEED_DATA:
                await self._more()
        return event

    @property
    def was_left(self) -> bool:
        """The peer had hung up before it could hear the request: that goes out again on a line of its own."""
        return self._asked > 1 and self._read == 0 and self._is_over

    def may_follow(self, answer: h11.Response) -> bool:
        """Whether the answer says where it ends, so that another one can come behind it."""
        return self.is_free() or any(name in SAY_THE_END for name, _ in answer.headers)

    def is_free(self) -> bool:
        """The last answer is all there and nothing behind it, so the next request may go out."""
        try:
            while self._http.their_state is h11.SEND_BODY:
                if self._http.next_event() is h11.NEED_DATA:
                    return False
        except h11.ProtocolError:
            return False
        ended = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        alone = not self._http.trailing_data[0] and self._read < MOST_ANSWER_BYTES
        said = not self._transport.get_write_buffer_size()  # a peer may answer before it has read all
        return ended and alone and said and not self._is_over

    def hang_up(self) -> None:
        self._transport.abort()

    async def _more(self) -> None:
        if self._read >= MOST_ANSWER_BYTES:
            raise h11.RemoteProtocolError("The answer has no end.")
        if self._is_over:
            raise self._fault or ConnectionResetError("The peer hung up.")
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # both ways; uvloop's is of another family

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        self._http.receive_data(bytes(self._room[:nbytes]))
        self._read += nbytes
        if self._read >= MOST_ANSWER_BYTES:
            self._transport.pause_reading()
        self._tell()

    def eof_received(self) -> bool:
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc)

    def _end(self, fault: Exception | None) -> None:
        if not self._is_over:
            self._is_over, self._fault = True, fault
            self._http.receive_data(b"")
        self._tell()


async def connect(address: Address, port: int, tls: ssl.SSLContext | None = None, name: str = "") -> Line:
    """With `tls`, whoever answers must prove to be `name`. Raises OSError."""
    loop = asyncio.get_running_loop()
    proof = name if tls else None
    _, line = await loop.create_connection(Line, str(address), port, ssl=tls, server_hostname=proof)
    return line
