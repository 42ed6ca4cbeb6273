"""One message after another on a connection that is still there: only where a new one could have led."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from pathlib import Path

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.tls import TLSStream

from adapters.h11.kept_lines import KeptLines, Place
from adapters.h11.line import Line, connect
from adapters.h11.webhooks import H11WebhookSender
from domain.delivery.addresses import Address
from tests.adapters.test_webhook_sender import GUARDED, LOOPBACK, PUBLIC, TLS, Names, a_call, fault_of
from tests.support.smtp import make_certificates
from tests.support.webhooks import OK, Receiver, listening

LONG = 30.0
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def keeping(*answers: list[Address], seconds: float = LONG) -> Iterator[H11WebhookSender]:
    sender = H11WebhookSender(tls=TLS, resolve=Names(*answers or [[LOOPBACK]]), kept=KeptLines(seconds))
    yield sender
    sender.kept.close()


def url_of(peer: Receiver, host: str = "hooks.example.com") -> str:
    return f"http://{host}:{peer.port}/"


async def test_the_next_message_goes_on_the_same_connection() -> None:
    answers = [OK, EMPTY, b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nOops", OK]
    async with listening(Receiver(answers, per_connection=0)) as peer:
        with keeping() as sender:
            assert [await sender.post(a_call(url_of(peer))) for _ in range(2)] == [204, 200]
            assert (await fault_of(sender, a_call(url_of(peer)))).code == "status_500"
            assert await sender.post(a_call(url_of(peer), body=b'{"last":1}')) == 204
    assert (peer.connections, peer.requests[-1].body) == (1, b'{"last":1}')
    assert [request.headers.get("connection") for request in peer.requests] == [None] * 4


async def test_calls_at_once_have_a_connection_each_and_then_share_them() -> None:
    async with listening(Receiver(per_connection=0)) as peer:
        with keeping() as sender:
            for _ in range(2):
                async with anyio.create_task_group() as tasks:
                    for _ in range(5):
                        tasks.start_soon(sender.post, a_call(url_of(peer)))
    assert (peer.connections, len(peer.requests)) == (5, 10)


async def test_every_call_looks_the_name_up_and_has_an_address_of_its_own_answer() -> None:
    elsewhere = ip_address("127.0.0.2")
    async with listening(Receiver(per_connection=0)) as here, listening(Receiver(per_connection=0)) as other:
        reached: list[Address] = []

        async def note(address: Address, port: int, tls: ssl.SSLContext | None, name: str) -> Line:
            reached.append(address)
            return await connect(LOOPBACK, other.port if address == elsewhere else port, tls, name)

        names = Names([LOOPBACK], [elsewhere], [elsewhere, LOOPBACK], [LOOPBACK])
        sender = H11WebhookSender(tls=TLS, resolve=names, connect=note, kept=KeptLines(LONG))
        for call in range(1, 5):
            await sender.post(a_call(url_of(here)))
            assert names.asked == call
        sender.kept.close()
    assert reached == [LOOPBACK, elsewhere]
    assert (len(here.requests), len(other.requests)) == (2, 2)


async def test_a_kept_connection_opens_no_way_around_the_rules() -> None:
    """Who was let in by other rules, or before the name changed its answer, is not let in by these."""
    async with listening(Receiver(per_connection=0)) as peer:
        with keeping([LOOPBACK], [LOOPBACK], [PUBLIC, LOOPBACK]) as sender:
            await sender.post(a_call(url_of(peer)))
            for _ in range(2):
                assert (await fault_of(sender, a_call(url_of(peer), GUARDED))).code == "private_ip_blocked"
    assert len(peer.requests) == 1


async def test_another_host_at_the_same_address_has_its_own() -> None:
    async with listening(Receiver(per_connection=0)) as peer:
        with keeping() as sender:
            for host in ("a.example.com", "b.example.com", "a.example.com"):
                await sender.post(a_call(url_of(peer, host)))
    assert [request.headers["host"][0] for request in peer.requests] == ["a", "b", "a"]
    assert peer.connections == 2


@pytest.mark.parametrize("answers_each", [1, 2])
async def test_a_peer_that_hangs_up_as_the_next_message_leaves_is_called_again(answers_each: int) -> None:
    async with listening(Receiver(per_connection=answers_each)) as peer:
        with keeping() as sender:
            for _ in range(4):
                assert await sender.post(a_call(url_of(peer))) == 204
    assert (peer.connections, len(peer.requests)) == (4 // answers_each, 4)


async def test_whoever_answers_half_is_not_called_again() -> None:
    """Nor whoever says nothing in time: only a connection that was dead has a second one."""
    for silence in (b"HTTP/1.1 20", b""):
        async with listening(Receiver([OK, silence], per_connection=0)) as peer:
            with keeping() as sender:
                await sender.post(a_call(url_of(peer)))
                assert (await fault_of(sender, a_call(url_of(peer), seconds=0.1))).code == "timeout"
        assert (peer.connections, len(peer.requests)) == (1, 2)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",  # ends when the connection does
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 50_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nthe rest never comes",
        OK + b"HTTP/1.1 200 OK\r\n\r\n",  # an answer to what was not asked yet
    ],
)
async def test_what_has_no_end_or_more_than_one_is_not_kept(answer: bytes) -> None:
    async with listening(Receiver([answer], per_connection=0)) as peer:
        with keeping() as sender:
            for _ in range(2):
                assert await sender.post(a_call(url_of(peer))) in {200, 204}
    assert (peer.connections, len(peer.requests)) == (2, 2)


async def test_whoever_answers_before_all_was_said_gets_the_next_message_on_another() -> None:
    """It may never read the rest, and the next message would wait behind that."""
    hands = 0

    async def answer_early(stream: SocketStream) -> None:
        nonlocal hands
        hands += 1
        async with stream:
            await stream.receive()
            await stream.send(EMPTY)
            await anyio.sleep_forever()

    async with served(answer_early) as port:
        with keeping() as sender:
            call = a_call(f"http://hooks.example.com:{port}/", body=b" " * 8_000_000, seconds=2)
            assert [await sender.post(call) for _ in range(2)] == [200, 200]
    assert hands == 2


@pytest.mark.parametrize(
    "shape", [b"Content-Length: 4\r\n\r\nOo;ps", b"Transfer-Encoding: chunked\r\n\r\n4\r\n;Oops\r\n0\r\n\r\n"]
)
async def test_a_rest_that_comes_later_holds_up_nobody(shape: bytes) -> None:
    """The call is over with the head; the connection waits for the rest of the answer, if another one can."""
    now, later = (b"HTTP/1.1 200 OK\r\n" + shape).split(b";")
    hands, may_end = 0, anyio.Event()

    async def answer_in_two(stream: SocketStream) -> None:
        nonlocal hands
        hands += 1
        async with stream:
            async for _request in stream:
                await stream.send(now)
                await may_end.wait()
                await stream.send(later)

    async with served(answer_in_two) as port:
        with keeping() as sender:
            call = a_call(f"http://hooks.example.com:{port}/")
            assert [await sender.post(call) for _ in range(2)] == [200, 200]
            assert hands == 2  # the first had not ended yet
            may_end.set()
            await anyio.sleep(0.02)
            assert [await sender.post(call), hands] == [200, 2]


async def test_what_comes_unasked_ends_the_connection() -> None:
    spoken = anyio.Event()

    async def answer_twice(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(OK)
            await anyio.sleep(0.01)
            await stream.send(OK)
            spoken.set()
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()

    async with served(answer_twice) as port:
        with keeping() as sender:
            await sender.post(a_call(f"http://hooks.example.com:{port}/"))
            await spoken.wait()
            await anyio.sleep(0.01)
            assert sender.kept.take([Place("http", "hooks.example.com", port, LOOPBACK)]) is None


async def test_nobody_keeps_a_connection_for_long() -> None:
    async with listening(Receiver(per_connection=0)) as peer:
        with keeping(seconds=0.02) as sender:
            for _ in range(2):
                await sender.post(a_call(url_of(peer)))
                await anyio.sleep(0.06)
            assert not sender.kept._idle
    assert peer.connections == 2


async def test_one_handshake_is_enough_for_a_name_that_was_proved(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    hands = 0

    async def shake(stream: ByteStream) -> None:
        nonlocal hands
        async with stream:
            try:
                shielded = await TLSStream.wrap(
                    stream, ssl_context=certificates.server_context(), standard_compatible=False
                )
                hands += 1
                while True:
                    await shielded.receive()
                    await shielded.send(OK)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass

    async with served(shake) as port:
        kept = KeptLines(LONG)
        sender = H11WebhookSender(tls=certificates.trust(), resolve=Names([LOOPBACK]), kept=kept)
        for _ in range(3):
            assert await sender.post(a_call(f"https://localhost:{port}/")) == 204
        assert (await fault_of(sender, a_call(f"https://hooks.example.com:{port}/"))).code == "tls_failed"
        kept.close()
    assert hands == 1


@asynccontextmanager
async def served(serve: Callable[[SocketStream], Awaitable[None]]) -> AsyncIterator[int]:
    """At that port of loopback."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)  # noqa: S610  # no Django here
        tasks.cancel_scope.cancel()
