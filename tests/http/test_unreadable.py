"""What is no HTTP never reaches the application, and is answered like everything else all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from litestar import Litestar
from uvicorn.server import ServerState

from entrypoints.http.server import server_config
from entrypoints.http.wire import Protocol
from entrypoints.settings.groups import GeneralSettings

ENOUGH = 4 * 1024 * 1024  # which the server must not take
PIECE = 64 * 1024
SOON = 0.05  # seconds that a head may take where tests wait for the end of it
HEAD = b"POST /nowhere HTTP/1.1\r\nhost: a\r\n"


class Wire(asyncio.Transport):
    """A transport that tests write into."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False
        config = server_config(Litestar(openapi_config=None), GeneralSettings(app_env="dev"))
        config.load()
        make: Any = config.http_protocol_class
        self.protocol = make(config=config, server_state=ServerState(), app_state={})
        self.protocol.connection_made(self)

    def takes(self, begin: bytes, piece: bytes) -> int:
        """How many bytes go in until it is closed; hardly more than ENOUGH."""
        taken = 0
        self.protocol.data_received(begin)
        while taken < ENOUGH and not self.closed:
            self.protocol.data_received(piece)
            taken += len(piece)
        return taken

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """It reads on: the worst that a peer can do."""


async def slow_echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers what it was sent, after longer than a head may take."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body", False)
    await asyncio.sleep(SOON * 4)
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def a_connection(
    env: str = "dev", app: Any = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """To a server of an application without routes, if none is given."""
    served = app or Litestar(openapi_config=None)
    config = server_config(served, GeneralSettings(app_env=env))  # type: ignore[arg-type]
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    protocol = config.http_protocol_class
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            yield reader, writer
        finally:
            writer.close()


@pytest.mark.parametrize(("env", "hsts"), [("dev", False), ("prod", True)])
@pytest.mark.parametrize(
    "sent", [b"GARBAGE\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n"]
)
async def test_it_is_a_problem_with_every_header(env: str, hsts: bool, sent: bytes) -> None:
    async with a_connection(env) as (reader, writer):
        writer.write(sent)
        answer = (await reader.read()).decode()
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400")
    assert '"type":"malformed_request"' in body
    assert "x-frame-options: DENY" in head
    assert "server:" not in head.lower()
    assert ("strict-transport-security: max-age=31536000" in head) is hsts


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (HEAD + b"x-a: ", b"a" * PIECE),
        (HEAD, b"x-a: b\r\n" * (PIECE // 8)),
        (b"GET /", b"a" * PIECE),
    ],
)
async def test_a_head_without_end_is_refused_while_it_streams_in(begin: bytes, piece: bytes) -> None:
    wire = Wire()
    assert wire.takes(begin, piece) < ENOUGH
    assert b"".join(wire.sent).startswith(b"HTTP/1.1 400")
    assert b'"type":"malformed_request"' in b"".join(wire.sent)


async def test_what_trails_a_body_has_an_end_too() -> None:
    begin = HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nx-a: "
    assert Wire().takes(begin, b"a" * PIECE) < ENOUGH


async def test_a_body_in_pieces_is_no_head() -> None:
    begin = HEAD + b"transfer-encoding: chunked\r\n\r\n"
    assert Wire().takes(begin, b"8000\r\n" + b"a" * 0x8000 + b"\r\n") >= ENOUGH


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "head_seconds", SOON)


async def trickle(writer: asyncio.StreamWriter, sent: bytes) -> None:
    """A byte at a time, for as long as anybody reads."""
    with suppress(ConnectionError):
        for byte in sent:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(SOON / 10)


async def ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> None:
    """While the peer trickles: its bytes may reset the connection once it is closed here."""
    sending = asyncio.create_task(trickle(writer, sent))
    with suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 2)  # uvicorn's own patience, without a byte, is 5 s
    sending.cancel()


@pytest.mark.usefixtures("impatient")
async def test_a_head_that_does_not_end_is_refused() -> None:
    async with a_connection() as (reader, writer):
        writer.write(HEAD)
        answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"type":"malformed_request"' in answer


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"", b"\r\n" * 500, HEAD + b"x-a: " + b"a" * 1000])
async def test_whoever_asks_nothing_or_a_byte_at_a_time_is_let_go(sent: bytes) -> None:
    async with a_connection() as (reader, writer):
        await ends(reader, writer, sent)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"GET /nowhere HTTP/1.1\r\nx-a: " + b"a" * 1000, b"\r\n" * 500])
async def test_a_later_head_has_no_more_time_than_the_first(sent: bytes) -> None:
    async with a_connection() as (reader, writer):
        writer.write(b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404")
        await ends(reader, writer, sent)


@pytest.mark.usefixtures("impatient")
async def test_bodies_and_answers_may_take_longer() -> None:
    async with a_connection(app=slow_echo) as (reader, writer):
        for body in (b"first-words" * 2, b"second"):
            writer.write(HEAD + b"content-length: " + str(len(body)).encode() + b"\r\n\r\n")
            await trickle(writer, body)
            assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(body)) == body


@pytest.mark.usefixtures("impatient")
async def test_a_head_sent_ahead_waits_for_the_answer_before_it() -> None:
    async with a_connection(app=slow_echo) as (reader, writer):
        writer.write(HEAD + b"content-length: 0\r\n\r\n" + HEAD)
        await asyncio.sleep(SOON * 2)
        writer.write(b"content-length: 0\r\n\r\n")
        for _ in range(2):
            assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200")


async def test_many_requests_at_once_are_not_one_long_one() -> None:
    asked = b"GET /nowhere HTTP/1.1\r\nhost: a\r\nx-a: " + b"a" * 10_000 + b"\r\n\r\n"
    async with a_connection() as (reader, writer):
        writer.write(asked * 20)
        for _ in range(20):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 404")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
