"""The guarded sender against real sockets: D10 and bar 8 of the delivery page."""

import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream
from anyio.streams.tls import TLSListener

from adapters.h11 import look_ups, webhooks
from adapters.h11.line import Line, connect
from adapters.h11.webhooks import H11WebhookSender
from application.ports.webhooks import WebhookCall
from domain.delivery.addresses import Address
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.target import TargetRules
from tests.support.hostile_targets import BLOCKED, INVALID, LITERALS
from tests.support.smtp import Certificates, free_port, make_certificates
from tests.support.webhooks import OK, Receiver, listening

GUARDED = TargetRules(allow_http=True)
INSIDE = TargetRules(allow_http=True, block_private=False)
PUBLIC = ip_address("93.184.216.34")
LOOPBACK = ip_address("127.0.0.1")
TLS = ssl.create_default_context()


def a_call(url: str, rules: TargetRules = INSIDE, *, seconds: float = 5, body: bytes = b"{}") -> WebhookCall:
    return WebhookCall(
        url=url,
        rules=rules,
        headers={"content-type": "application/json", "webhook-id": "one"},
        body=body,
        sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        timeout_seconds=seconds,
    )


class Names:
    """A resolver whose answers are given, one a look-up, the last for ever."""

    def __init__(self, *answers: list[Address]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> list[Address]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def no_way_out(address: Address, port: int, tls: ssl.SSLContext | None, name: str) -> Line:
    """Tests reach loopback alone, and that really."""
    if not address.is_loopback:
        raise ConnectionRefusedError
    return await connect(address, port, tls, name)


async def fault_of(sender: H11WebhookSender, call: WebhookCall) -> Fault:
    with pytest.raises(DeliveryFailed) as failed:
        await sender.post(call)
    return failed.value.fault


async def test_no_hostile_address_reaches_a_private_listener() -> None:
    async with listening(Receiver(), "0.0.0.0") as four, listening(Receiver(), "::") as six:
        for listener in (four, six):
            for url in (*BLOCKED, *INVALID):
                fault = await fault_of(
                    H11WebhookSender(tls=TLS), a_call(url.format(port=listener.port), GUARDED)
                )
                assert fault.code in {"private_ip_blocked", "invalid_url"}
        assert (four.connections, six.connections) == (0, 0)
        await H11WebhookSender(tls=TLS).post(a_call(four.url))  # there was something to be heard
        assert four.connections == 1


def addresses_behind_names() -> Iterator[Address]:
    for literal in LITERALS:
        try:
            yield ip_address(literal.strip("[]"))
        except ValueError:
            continue


async def test_no_name_leads_to_a_private_listener() -> None:
    async with listening(Receiver()) as listener:
        url = f"http://hooks.example.com:{listener.port}/"
        for address in addresses_behind_names():
            for answer in ([address], [PUBLIC, address], [address, PUBLIC]):
                sender = H11WebhookSender(tls=TLS, resolve=Names(answer), connect=no_way_out)
                fault = await fault_of(sender, a_call(url, GUARDED))
                assert (fault.code, fault.permanent) == ("private_ip_blocked", True)
        assert listener.connections == 0


async def test_a_name_that_changes_its_answer_is_looked_up_once() -> None:
    async with listening(Receiver()) as listener:
        names = Names([PUBLIC], [LOOPBACK])
        sender = H11WebhookSender(tls=TLS, resolve=names, connect=no_way_out)
        url = f"http://rebinding.example.com:{listener.port}/"
        assert (await fault_of(sender, a_call(url, GUARDED))).code == "connection_failed"
        assert names.asked == 1
        assert (await fault_of(sender, a_call(url, GUARDED))).code == "private_ip_blocked"
        assert (names.asked, listener.connections) == (2, 0)


async def test_the_system_s_own_names_of_this_machine_are_refused() -> None:
    async with listening(Receiver()) as listener:
        fault = await fault_of(
            H11WebhookSender(tls=TLS), a_call(f"http://localhost:{listener.port}/", GUARDED)
        )
        assert (fault.code, listener.connections) == ("private_ip_blocked", 0)


async def test_a_name_that_is_none_can_be_one_later() -> None:
    fault = await fault_of(H11WebhookSender(tls=TLS, resolve=Names([])), a_call("http://nowhere.example/"))
    assert (fault.code, fault.permanent) == ("dns_lookup_failed", False)


async def test_names_that_nobody_answers_for_keep_nobody_else_from_a_look_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The threads that the process looks names up in are few, and a look-up cannot be called off."""
    system, answers = socket.getaddrinfo, threading.Event()

    def look_up(host: str, *rest: Any, **options: Any) -> Any:
        if host == "silent.example":
            assert answers.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "")
        return system(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(look_ups, "getaddrinfo", look_up)
    sender, codes = H11WebhookSender(tls=TLS), list[str]()

    async def call() -> None:
        codes.append((await fault_of(sender, a_call("http://silent.example/", seconds=0.05))).code)

    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(40):
                tasks.start_soon(call)
        assert codes == ["timeout"] * 40
        with anyio.fail_after(2):
            assert await anyio.getaddrinfo("localhost", 80)
    finally:
        answers.set()
    async with listening(Receiver()) as peer:
        assert await sender.post(a_call(peer.url.replace("127.0.0.1", "localhost"))) == 204


async def test_the_request_names_the_host_and_goes_to_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with listening(Receiver()) as listener:
        sender = H11WebhookSender(tls=TLS, resolve=Names([LOOPBACK]))
        url = f"http://hooks.example.com:{listener.port}/hook?key=1"
        assert await sender.post(a_call(url, body=b'{"a":1}')) == 204
        (request,) = listener.requests
    assert request.line == "POST /hook?key=1 HTTP/1.1"
    assert request.body == b'{"a":1}'
    assert request.headers == {
        "host": f"hooks.example.com:{listener.port}",
        "user-agent": "Sweepline",
        "connection": "close",
        "content-length": "7",
        "content-type": "application/json",
        "webhook-id": "one",
    }


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"500 Oops", Fault(code="status_500", permanent=False, http_status=500)),
        (b"404 No", Fault(code="status_404", permanent=False, http_status=404)),
        (b"410 Gone", Fault(code="endpoint_gone", permanent=True, http_status=410)),
        (
            b"429 Slow\r\nRetry-After: 120",
            Fault(code="status_429", permanent=False, retry_after_seconds=120, http_status=429),
        ),
        (
            b"503 Busy\r\nRetry-After: Mon, 02 Mar 2026 09:01:00 GMT",
            Fault(code="status_503", permanent=False, retry_after_seconds=60, http_status=503),
        ),
        (
            b"429 Slow\r\nRetry-After: Mon, 02 Mar 2026 09:01:00 +99999999999999999999",
            Fault(code="status_429", permanent=False, http_status=429),
        ),
        (b"500 Oops\r\nRetry-After: 120", Fault(code="status_500", permanent=False, http_status=500)),
    ],
)
async def test_answers_and_their_faults(answer: bytes, fault: Fault) -> None:
    async with listening(Receiver([b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n"])) as peer:
        assert await fault_of(H11WebhookSender(tls=TLS), a_call(peer.url)) == fault


async def test_every_answer_is_success_or_tried_again_but_gone() -> None:
    statuses = (200, 201, 202, 203, 205, 206, 208, 226, 299)
    refusals = (*range(400, 410), 411, 412, 413, 415, 418, 421, 422, 423, 425, 426, 428, 429, 431, 451, 499)
    failures = (*range(500, 509), 510, 511, 520, 529, 599, 600, 999)
    answers = [f"HTTP/1.1 {code} X\r\nContent-Length: 0\r\n\r\n" for code in statuses + refusals + failures]
    sender = H11WebhookSender(tls=TLS)
    async with listening(Receiver([answer.encode() for answer in answers])) as peer:
        assert [await sender.post(a_call(peer.url)) for _ in statuses] == list(statuses)
        for code in refusals + failures:
            expected = Fault(code=f"status_{code}", permanent=False, http_status=code)
            assert await fault_of(sender, a_call(peer.url)) == expected


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with listening(Receiver()) as inside:
        moved = f"HTTP/1.1 {status} Moved\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n"
        async with listening(Receiver([moved.encode()])) as peer:
            fault = await fault_of(H11WebhookSender(tls=TLS), a_call(peer.url))
        assert (fault.code, fault.permanent, inside.connections) == ("redirect_refused", False, 0)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "timeout"),
        (b"HTTP/1.1 200 OK\r\nX: ", "timeout"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 20_000, "connection_failed"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2_000, "connection_failed"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "connection_failed"),
    ],
)
async def test_a_peer_gets_neither_time_nor_room_without_bound(answer: bytes, code: str) -> None:
    async with listening(Receiver([answer])) as peer:
        fault = await fault_of(
            H11WebhookSender(tls=TLS), a_call(peer.url, seconds=0.3 if code == "timeout" else 5)
        )
        assert (fault.code, fault.permanent) == (code, False)


async def test_an_endless_body_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    async with listening(Receiver([head + b"x" * 1_000_000])) as peer:
        assert await H11WebhookSender(tls=TLS).post(a_call(peer.url)) == 200


async def test_an_address_that_says_nothing_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where there is a way to IPv6 that leads nowhere."""
    monkeypatch.setattr(webhooks, "CONNECT_SECONDS", 0.2)
    silent = ip_address("127.0.0.2")

    async def one_is_silent(address: Address, port: int, tls: ssl.SSLContext | None, name: str) -> Line:
        if address == silent:
            await anyio.sleep_forever()
        return await connect(address, port, tls, name)

    async with listening(Receiver()) as peer:
        url = f"http://hooks.example.com:{peer.port}/"
        names = Names([silent, LOOPBACK], [silent, silent])
        sender = H11WebhookSender(tls=TLS, resolve=names, connect=one_is_silent)
        assert await sender.post(a_call(url)) == 204
        assert (await fault_of(sender, a_call(url))).code == "timeout"


async def test_nobody_there() -> None:
    async with listening(Receiver([OK])) as peer:
        url = peer.url
    assert (await fault_of(H11WebhookSender(tls=TLS), a_call(url))).code == "connection_failed"


@asynccontextmanager
async def shielded(certificates: Certificates, heard: list[bytes]) -> AsyncIterator[int]:
    """At that port of loopback."""

    async def serve(stream: ByteStream) -> None:
        async with stream:
            heard.append(await stream.receive())
            await stream.send(OK)

    port = free_port()
    bare = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    listener = TLSListener(bare, ssl_context=certificates.server_context(), standard_compatible=False)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield port
        tasks.cancel_scope.cancel()


async def test_tls_is_checked_against_the_name(tmp_path: Path) -> None:
    certificates, heard = make_certificates(tmp_path), list[bytes]()
    async with shielded(certificates, heard) as port:
        trusting = H11WebhookSender(tls=certificates.trust(), resolve=Names([LOOPBACK]))
        assert await trusting.post(a_call(f"https://localhost:{port}/")) == 204
        wrong_name = await fault_of(trusting, a_call(f"https://hooks.example.com:{port}/"))
        unknown = H11WebhookSender(tls=TLS, resolve=Names([LOOPBACK]))
        strange = await fault_of(unknown, a_call(f"https://localhost:{port}/"))
    assert {wrong_name.code, strange.code} == {"tls_failed"}
    assert len(heard) == 1


async def test_a_certificate_that_has_expired_is_none(tmp_path: Path) -> None:
    certificates, heard = make_certificates(tmp_path, timedelta(seconds=-1)), list[bytes]()
    async with shielded(certificates, heard) as port:
        sender = H11WebhookSender(tls=certificates.trust(), resolve=Names([LOOPBACK]))
        fault = await fault_of(sender, a_call(f"https://localhost:{port}/"))
    assert (fault.code, fault.permanent, heard) == ("tls_failed", False, [])
