"""The only way out to an address that somebody typed in: guarded where the socket is opened."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from socket import SOCK_STREAM, gaierror

import anyio
import h11
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from adapters.peers.line import line_code
from adapters.peers.retry_after import retry_after_seconds
from application.ports.webhooks import WebhookCall
from domain.delivery.addresses import Address
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.target import Target, refused, target_of

CONNECT_SECONDS = 3.0
MOST_ANSWER_BYTES = 16 * 1024
MOST_ADDRESSES = 4
_GONE = 410
_MAY_ASK_TO_WAIT = frozenset({429, 503})

type Resolve = Callable[[str, int], Awaitable[list[Address]]]
type Connect = Callable[[Address, int], Awaitable[ByteStream]]


async def resolve(host: str, port: int) -> list[Address]:
    found = await anyio.getaddrinfo(host, port, type=SOCK_STREAM)
    return [ip_address(place[4][0].partition("%")[0]) for place in found]


async def connect(address: Address, port: int) -> ByteStream:
    return await anyio.connect_tcp(str(address), port)


@dataclass(frozen=True, slots=True)
class H11WebhookSender:
    """A connection for each call: no pool, no proxy, no cookies, no redirects."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    resolve: Resolve = resolve
    connect: Connect = connect

    async def post(self, call: WebhookCall) -> int:
        target = target_of(call.url, call.rules)
        try:
            with anyio.fail_after(call.timeout_seconds):
                answer = await self._exchange(target, call)
        except DeliveryFailed:
            raise
        except (OSError, h11.ProtocolError, anyio.BrokenResourceError, anyio.EndOfStream) as error:
            raise DeliveryFailed(Fault.of(line_code(error))) from error
        _check(answer, call)
        return answer.status_code

    async def _exchange(self, target: Target, call: WebhookCall) -> h11.Response:
        with anyio.fail_after(CONNECT_SECONDS):
            stream = await self._connect(target, call)
        try:
            return await _talk(stream, target, call)
        finally:
            await anyio.aclose_forcefully(stream)

    async def _connect(self, target: Target, call: WebhookCall) -> ByteStream:
        """The name is looked up here and nowhere else: what was checked is what is connected to."""
        addresses = [target.address] if target.address else await self._look_up(target)
        call.rules.check(addresses)
        failure: OSError = ConnectionError("There was no address to try.")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                stream = await self.connect(address, target.port)
            except OSError as error:
                failure = error
                continue
            if target.scheme == "http":
                return stream
            try:
                return await TLSStream.wrap(
                    stream, hostname=target.host, ssl_context=self.tls, standard_compatible=False
                )
            except BaseException:
                await anyio.aclose_forcefully(stream)
                raise
        raise failure

    async def _look_up(self, target: Target) -> list[Address]:
        try:
            addresses = await self.resolve(target.host, target.port)
        except (gaierror, UnicodeError) as error:
            raise refused("dns_lookup_failed") from error
        if not addresses:
            raise refused("dns_lookup_failed")
        return list(dict.fromkeys(addresses))


async def _talk(stream: ByteStream, target: Target, call: WebhookCall) -> h11.Response:
    """Sends the request and reads the head of the answer, and of what follows nothing."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_ANSWER_BYTES)
    headers = {
        "host": target.authority,
        "user-agent": "Sweepline",
        "connection": "close",
        "content-length": str(len(call.body)),
        **call.headers,
    }
    request = h11.Request(method="POST", target=target.path, headers=list(headers.items()))
    for part in (request, h11.Data(data=call.body), h11.EndOfMessage()):
        if sent := connection.send(part):
            await stream.send(sent)
    read = 0
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            return event
        if event is not h11.NEED_DATA:
            continue  # an interim answer
        if read >= MOST_ANSWER_BYTES:
            raise h11.RemoteProtocolError("The answer has no end.")
        received = await stream.receive(MOST_ANSWER_BYTES)
        read += len(received)
        connection.receive_data(received)


def _check(answer: h11.Response, call: WebhookCall) -> None:
    status = answer.status_code
    if 200 <= status < 300:  # noqa: PLR2004  # success
        return
    if 300 <= status < 400:  # noqa: PLR2004  # a redirect
        raise DeliveryFailed(Fault(code="redirect_refused", permanent=False, http_status=status))
    if status == _GONE:
        raise DeliveryFailed(Fault(code="endpoint_gone", permanent=True, http_status=status))
    waits = [value.decode("latin-1") for name, value in answer.headers if name == b"retry-after"]
    wait = retry_after_seconds(waits[0], call.sent_at) if waits and status in _MAY_ASK_TO_WAIT else None
    raise DeliveryFailed(
        Fault(code=f"status_{status}", permanent=False, retry_after_seconds=wait, http_status=status)
    )
