"""What the edge learned of a request before anything else ran."""

from dataclasses import dataclass
from typing import Any, cast

from litestar.connection import ASGIConnection

CONTEXT = "context"  # the key in scope["state"]
AT_THE_END = "at_the_end"  # there: what the edge awaits when the answer has been sent


@dataclass(frozen=True, slots=True)
class RequestContext:
    request_id: str
    client_address: str | None  # None: unknown
    user_agent: str | None  # at most 200 characters


def context_of(connection: ASGIConnection[Any, Any, Any, Any]) -> RequestContext:
    return cast("RequestContext", connection.scope["state"][CONTEXT])
