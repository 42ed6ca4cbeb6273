"""The only way out to an address that somebody typed in: guarded where the socket is opened."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from socket import gaierror

import anyio
import h11

from adapters.h11.kept_lines import KeptLines, Place
from adapters.h11.line import Line, connect
from adapters.h11.look_ups import LookUps
from adapters.peers.line import line_code
from adapters.peers.retry_after import retry_after_seconds
from application.ports.webhooks import WebhookCall
from domain.delivery.addresses import Address
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.target import Target, refused, target_of

CONNECT_SECONDS = 3.0
MOST_ADDRESSES = 4
_GONE = 410
_MAY_ASK_TO_WAIT = frozenset({429, 503})

type Resolve = Callable[[str, int], Awaitable[list[Address]]]
type Connect = Callable[[Address, int, ssl.SSLContext | None, str], Awaitable[Line]]


@dataclass(frozen=True, slots=True)
class H11WebhookSender:
    """No proxy, no cookies, no redirects.

    A call may follow another one on a connection that is still there, if that leads to an address which the
    look-up of this call gave and which passed its rules: so a call has a checked address in any case."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    resolve: Resolve = field(default_factory=LookUps)
    connect: Connect = connect
    kept: KeptLines = field(default_factory=KeptLines)

    async def post(self, call: WebhookCall) -> int:
        target = target_of(call.url, call.rules)
        try:
            with anyio.fail_after(call.timeout_seconds):
                answer = await self._exchange(target, call)
        except DeliveryFailed:
            raise
        except (OSError, h11.ProtocolError) as error:
            raise DeliveryFailed(Fault.of(line_code(error))) from error
        _check(answer, call)
        return answer.status_code

    async def _exchange(self, target: Target, call: WebhookCall) -> h11.Response:
        request = self._request(target, call)
        places = await self._places(target, call)
        found = self.kept.take(places) or await self._connect(places)
        try:
            return await self._ask(*found, request)
        except (OSError, h11.ProtocolError):
            if not found[1].was_left:
                raise
        return await self._ask(*await self._connect(places), request)

    async def _ask(self, place: Place, line: Line, request: Sequence[h11.Event]) -> h11.Response:
        stays = False
        try:
            answer = await line.ask(*request)
            stays = self.kept.seconds > 0 and line.may_follow(answer)
        finally:
            if not stays:
                line.hang_up()
        if stays:
            self.kept.keep(place, line)
        return answer

    async def _places(self, target: Target, call: WebhookCall) -> list[Place]:
        """The name is looked up here and nowhere else: what was checked is what is connected to."""
        if target.address:
            addresses = [target.address]
        else:
            with anyio.fail_after(CONNECT_SECONDS):
                addresses = await self._look_up(target)
        call.rules.check(addresses)
        return [Place(target.scheme, target.host, target.port, address) for address in addresses]

    async def _connect(self, places: Sequence[Place]) -> tuple[Place, Line]:
        """One that says nothing leaves half of the time that is left to those behind it."""
        failure: OSError = ConnectionError("There was no address to try.")
        ends_at = anyio.current_time() + CONNECT_SECONDS
        tried = places[:MOST_ADDRESSES]
        for place in tried:
            tls = self.tls if place.scheme == "https" else None
            left = ends_at - anyio.current_time()
            try:
                with anyio.fail_after(left if place == tried[-1] else left / 2):
                    return place, await self.connect(place.address, place.port, tls, place.host)
            except ssl.SSLError:
                raise
            except OSError as error:
                failure = error
        raise failure

    async def _look_up(self, target: Target) -> list[Address]:
        try:
            addresses = await self.resolve(target.host, target.port)
        except (gaierror, UnicodeError) as error:
            raise refused("dns_lookup_failed") from error
        if not addresses:
            raise refused("dns_lookup_failed")
        return list(dict.fromkeys(addresses))

    def _request(self, target: Target, call: WebhookCall) -> Sequence[h11.Event]:
        headers = {
            "host": target.authority,
            "user-agent": "Sweepline",
            **({} if self.kept.seconds else {"connection": "close"}),
            "content-length": str(len(call.body)),
            **call.headers,
        }
        request = h11.Request(method="POST", target=target.path, headers=list(headers.items()))
        return request, h11.Data(data=call.body), h11.EndOfMessage()


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
