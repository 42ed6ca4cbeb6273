"""Every refusal as one RFC 9457 document, whoever raised it: a use case, the router, a parser, the edge."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from domain.shared.errors import (
    BadRequest,
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PaymentRequired,
    PreconditionFailed,
    TooMany,
    Unauthenticated,
    Unavailable,
    UnsupportedType,
    UpstreamRefused,
)
from domain.shared.redaction import redact_text
from entrypoints.http.problem_pages import PAGES

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[DomainError], int] = {
    BadRequest: 400,
    Unauthenticated: 401,
    PaymentRequired: 402,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    PreconditionFailed: 412,
    UnsupportedType: 415,
    Invalid: 422,
    TooMany: 429,
    UpstreamRefused: 502,
    Unavailable: 503,
}
BAD_REQUEST, UNAUTHORIZED = 400, 401
DEFAULT_RETRY_SECONDS = {429: 60, 503: 5}

logger = logging.getLogger("sweepline.http")


class EdgeRefusal(DomainError):
    """A refusal that only HTTP knows; its status stands with it."""

    status: ClassVar[int] = 400
    code = "malformed_request"

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})


class MethodNotAllowed(EdgeRefusal):
    code = "method_not_allowed"
    status = 405


class PayloadTooLarge(EdgeRefusal):
    code = "payload_too_large"
    status = 413


class UnsupportedMediaType(EdgeRefusal):
    code = "unsupported_media_type"
    status = 415


class MalformedRequest(BadRequest):
    code = "malformed_request"


class MalformedBody(BadRequest):
    code = "malformed_body"


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    members: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def document(self, instance: str, request_id: str) -> bytes:
        told = {**self.told(), "instance": instance, "request_id": request_id}
        return msgspec.json.encode(told, enc_hook=str)

    def told(self) -> dict[str, Any]:
        """What it says wherever it stands, also inside an answer."""
        page = PAGES.get(self.code)
        return {
            "type": self.code,
            "title": page.title if page else self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "errors": self.errors,
            **self.members,
        }


INTERNAL = Problem(
    500, "internal_error", "Something went wrong on our side. Quote the request_id when reporting it."
)


def status_of(error: DomainError) -> int:
    if isinstance(error, EdgeRefusal):
        return error.status
    return next((status for family, status in STATUS.items() if isinstance(error, family)), 500)


def from_domain(error: DomainError) -> Problem:
    status = status_of(error)
    if status == INTERNAL.status:
        return INTERNAL
    headers = dict(error.headers) if isinstance(error, EdgeRefusal) else {}
    retry_after = error.retry_after_seconds or DEFAULT_RETRY_SECONDS.get(status)
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return Problem(
        status,
        error.code,
        redact_text(error.detail),
        [{"field": fault.field, "message": redact_text(fault.message)} for fault in error.errors],
        error.members,
        headers,
    )


def allow(methods: Iterable[str]) -> str:
    """The header of that name; whatever answers GET answers HEAD."""
    known = set(methods)
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))


def from_framework(error: HTTPException) -> Problem:
    """What the router and the parsers of Litestar raise, in our codes."""
    match error.status_code:
        case 404:
            return from_domain(NotFound(detail="There is nothing at this address."))
        case 405:
            allowed = allow((error.headers or {}).get("allow", "").split(", "))
            return from_domain(
                MethodNotAllowed("This address does not take that method.", {"allow": allowed})
            )
        case 413:
            return from_domain(PayloadTooLarge("The body is larger than this route accepts."))
        case 415:
            return from_domain(UnsupportedMediaType("This route does not read that media type."))
        case status if BAD_REQUEST <= status < INTERNAL.status:
            return from_domain(MalformedRequest("The request cannot be understood."))
        case _:
            return INTERNAL


def to_problem(error: Exception) -> Problem:
    if isinstance(error, DomainError):
        return from_domain(error)
    if isinstance(error, HTTPException):
        return from_framework(error)
    return INTERNAL


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything that is raised below the edge."""
    problem = to_problem(error)
    if problem is INTERNAL:
        logger.error("unhandled error", exc_info=error)
    state = request.scope["state"]
    if problem.status == UNAUTHORIZED:
        problem.headers.setdefault("www-authenticate", state.get("challenge", "Bearer"))
    return Response(
        problem.document(state.get("instance", request.scope["path"]), state.get("request_id", "")),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )
