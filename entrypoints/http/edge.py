"""The outermost layer, one for all: request id, header rules, CORS, security headers, the log's request line.

It also opens the request's container, and answers when everything below it failed. Plain ASGI: whatever a
request passes through costs CPU, so it passes through this once.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import Any, cast

from dishka import AsyncContainer
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from uuid_utils import uuid7

from domain.shared.errors import DomainError, TooMany
from entrypoints import log_context
from entrypoints.http.body_sizes import BodySizes
from entrypoints.http.client_address import Network, client_address
from entrypoints.http.measuring import Measures
from entrypoints.http.problems import INTERNAL, MEDIA_TYPE, MalformedRequest, Problem, from_domain
from entrypoints.http.rates import LIMITED_BY, TALLY, Meter, rate_headers
from entrypoints.http.request_context import AT_THE_END, CONTEXT, RequestContext
from entrypoints.http.security_headers import Cors, security_headers
from entrypoints.wiring.requests import RequestState

MOST_HEADER_BYTES = 16 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}").fullmatch
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]").search
TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
).fullmatch
"""As W3C has it; a version, a trace or a span that it calls invalid is none."""
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ONCE = frozenset({b"host", b"authorization", b"content-length", b"content-type", b"idempotency-key"})

TOO_MANY = 429
CLIENT_LEFT = 499  # nothing was sent

request_log = logging.getLogger("sweepline.request")
logger = logging.getLogger("sweepline.http")
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Sighting:
    """What one walk over the headers found."""

    size: int = 0
    request_id: str = ""
    trace_id: str | None = None
    traceparent: str | None = None
    origin: str | None = None
    user_agent: str | None = None
    authorization: str | None = None
    announced: str | None = None  # the size of the body, as the request says
    preflight: bool = False
    forwarded: list[str] = field(default_factory=list)
    twice: str | None = None
    host: bool = False


def look_at(headers: Iterable[tuple[bytes, bytes]]) -> Sighting:
    seen: set[bytes] = set()
    found = Sighting()
    for name, value in headers:
        found.size += len(name) + len(value) + 4
        if name in ONCE:
            if name in seen:
                found.twice = name.decode("latin-1")
            seen.add(name)
            if name == b"authorization":
                found.authorization = value.decode("latin-1")
            elif name == b"content-length":
                found.announced = value.decode("latin-1")
        elif name in NOTED:
            _note(found, name, value.decode("latin-1"))
    found.host = b"host" in seen
    return found


NOTED = frozenset(
    {
        b"x-request-id",
        b"traceparent",
        b"origin",
        b"user-agent",
        b"x-forwarded-for",
        b"access-control-request-method",
    }
)


def _note(found: Sighting, name: bytes, value: str) -> None:
    if name == b"user-agent":
        found.user_agent = "".join(c for c in value[:200] if c.isprintable())
    elif name == b"x-request-id":
        found.request_id = value if REQUEST_ID(value) else ""
    elif name == b"x-forwarded-for":
        found.forwarded.append(value)
    elif name == b"origin":
        found.origin = value
    elif name == b"access-control-request-method":
        found.preflight = True
    elif match := TRACEPARENT(value):
        found.trace_id, found.traceparent = match.group(1), value


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePolicy:
    cors: Cors
    production: bool = False
    proxies: tuple[Network, ...] = ()
    challenge: str = "Bearer"
    unmetered: frozenset[str] = frozenset()  # paths outside the general rate limits
    sizes: BodySizes = field(default_factory=BodySizes)


class Edge:
    """Wraps the application. Every HTTP answer leaves through `_Answer.send`."""

    def __init__(self, app: ASGIApp, container: AsyncContainer, policy: EdgePolicy) -> None:
        self.app = app
        self.container = container
        self.policy = policy
        self.always = security_headers(hsts=policy.production)
        self._meter: Meter | None = None
        self._measures: Measures | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        if self._measures is None:
            self._measures = await self.container.get(Measures)
        self._measures.in_flight.inc()
        http = _as_get(scope) if scope["method"] == "HEAD" else scope
        found = look_at(http["headers"])
        context = self._context(http, found)
        state: dict[str, Any] = http["state"]
        answer = _Answer(self, send, context.request_id, found.origin, state)
        state[CONTEXT] = context
        state["request_id"] = context.request_id
        state["instance"] = http["path"]
        state["challenge"] = self.policy.challenge
        started = perf_counter()
        with log_context.scope(request_id=context.request_id) as fields:
            if found.trace_id:
                fields["trace_id"], fields[log_context.TRACEPARENT] = found.trace_id, found.traceparent
            try:
                await self._serve(http, receive, answer, found)
            except Exception as error:
                logger.exception("unhandled error", exc_info=error)
                await answer.problem(http, INTERNAL)
            finally:
                self._finished(http, answer.status, perf_counter() - started)

    def _finished(self, scope: HTTPScope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        path = plain_template(scope.get("path_template") or "unmatched")
        told = status or CLIENT_LEFT
        _log_request(method, path, told, seconds)
        if (measures := self._measures) is not None:
            measures.in_flight.dec()
            measures.finished(method, path, told, seconds)
            if told == TOO_MANY:
                measures.refused(scope["state"].get(LIMITED_BY, "form"))

    def _context(self, scope: HTTPScope, found: Sighting) -> RequestContext:
        peer = scope["client"][0] if scope["client"] else None
        address = client_address(peer, found.forwarded, self.policy.proxies)
        return RequestContext(found.request_id or uuid7().hex, address, found.user_agent)

    async def _serve(self, scope: HTTPScope, receive: Receive, answer: "_Answer", found: Sighting) -> None:
        asking = found.origin if found.preflight and scope["method"] == "OPTIONS" else None
        refusal = self._unsound(scope, found) or await self._one_too_many(
            scope, found, preflight=asking is not None
        )
        if refusal is not None:
            await answer.problem(scope, from_domain(refusal))
        elif asking is not None:
            await answer.empty(204, self.policy.cors.preflight(asking))
        else:
            state = scope["state"]
            body = self.policy.sizes.counted(scope["method"], scope["path"], receive)
            async with self.container({RequestState: state}) as request_container:
                state["dishka_container"] = request_container
                try:
                    await self.app(scope, body, answer.send)
                finally:
                    if (end := state.get(AT_THE_END)) is not None:
                        await end()

    def _unsound(self, scope: HTTPScope, found: Sighting) -> DomainError | None:
        """Gate 1."""
        sizes = self.policy.sizes
        return _refusal(scope, found) or sizes.refusal(scope["method"], scope["path"], found.announced)

    async def _one_too_many(self, scope: HTTPScope, found: Sighting, *, preflight: bool) -> TooMany | None:
        meter = self._meter
        if meter is None:
            meter = self._meter = await self.container.get(Meter)
        path = scope["path"]
        exempt = "preflight" if preflight else path if path in self.policy.unmetered else None
        state = scope["state"]
        return await meter.refusal(state, found.authorization, state[CONTEXT].client_address, exempt)


def _as_get(scope: HTTPScope) -> HTTPScope:
    """HEAD is GET whose body the server keeps to itself (RFC 9110, 9.3.2): every GET route has it."""
    return cast("HTTPScope", {**scope, "method": "GET"})


def _refusal(scope: HTTPScope, found: Sighting) -> DomainError | None:
    if found.twice:
        return MalformedRequest(f"The header {found.twice} is there twice.")
    if not found.host and scope["http_version"] == "1.1":
        return MalformedRequest("The header host is missing.")
    if found.size > MOST_HEADER_BYTES:
        return MalformedRequest("The headers are larger than 16 KiB.")
    if not scope["path"].isprintable() and CONTROL(scope["path"]):
        return MalformedRequest("The path contains control characters.")
    return None


class _Answer:
    """One answer on its way out: adds what every answer carries, once."""

    __slots__ = ("_edge", "_origin", "_request_id", "_send", "_state", "status")

    def __init__(
        self, edge: Edge, send: Send, request_id: str, origin: str | None, state: dict[str, Any]
    ) -> None:
        self._edge = edge
        self._send = send
        self._request_id = request_id
        self._origin = origin
        self._state = state
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message["headers"])
            self._complete(headers)
            message = {**message, "headers": headers}
        await self._send(message)

    def _complete(self, headers: Headers) -> None:
        present = {name for name, _ in headers}
        headers.extend(item for item in self._edge.always if item[0] not in present)
        headers.append((b"x-request-id", self._request_id.encode("latin-1")))
        headers.extend(self._edge.policy.cors.headers(self._origin))
        if (tally := self._state.get(TALLY)) is not None:
            headers.extend(rate_headers(tally))

    async def empty(self, status: int, headers: Headers) -> None:
        await self.send(
            cast("Message", {"type": "http.response.start", "status": status, "headers": headers})
        )
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def problem(self, scope: HTTPScope, problem: Problem) -> None:
        """A problem document, unless an answer has begun already."""
        if self.status:
            return
        body = problem.document(scope["state"]["instance"], self._request_id)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.encode(), value.encode("latin-1")) for name, value in problem.headers.items()),
        ]
        await self.send(
            cast("Message", {"type": "http.response.start", "status": problem.status, "headers": headers})
        )
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


@lru_cache(2048)
def plain_template(template: str) -> str:
    """`/v1/bookings/{booking_id:uuid}` as the contract writes it."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", r"{\1}", template)


def _log_request(method: str, path: str, status: int, seconds: float) -> None:
    if not request_log.isEnabledFor(logging.INFO):
        return
    told = {"method": method, "path": path, "status_code": status, "latency_ms": round(seconds * 1000, 1)}
    request_log.info("request", extra={"fields": told})
