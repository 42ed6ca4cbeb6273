"""Gate 5: a caller known by a cookie proves that our own page sent this (identity page, §10)."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest, digest
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from litestar import Request

from domain.shared.errors import Forbidden
from entrypoints.http.cookies import CSRF_TOKEN, our_cookies
from entrypoints.origins import origin_of

COOKIE_SESSION = "cookie_session"  # where the request's state names the session of a caller known by a cookie
HEADER = "x-csrf-token"
FORM = "application/x-www-form-urlencoded"


class CsrfFailed(Forbidden):
    code = "csrf_failed"

    def __init__(self) -> None:
        super().__init__("This request does not come from our own page.")


@dataclass(frozen=True, slots=True)
class Csrf:
    """The first key makes tokens, all verify. `schemes`: those under which our own host is our own origin."""

    keys: Sequence[bytes]
    own: frozenset[str]
    schemes: tuple[str, ...] = ("https",)

    def token_for(self, session_id: UUID) -> str:
        return _token(self.keys[0], session_id)

    async def check(self, request: Request[Any, Any, Any], session_id: UUID) -> None:
        """Raises CsrfFailed."""
        if not (self._is_ours(request) and await self._holds(request, session_id)):
            raise CsrfFailed

    def _is_ours(self, request: Request[Any, Any, Any]) -> bool:
        if request.headers.get("sec-fetch-site", "").lower() == "cross-site":
            return False
        sender = origin_of(request.headers.get("origin") or request.headers.get("referer") or "")
        host = request.headers.get("host", "")
        known = self.own | {origin_of(f"{scheme}://{host}") for scheme in self.schemes}
        return sender is not None and sender in known

    async def _holds(self, request: Request[Any, Any, Any], session_id: UUID) -> bool:
        kept = our_cookies(request).get(CSRF_TOKEN, "").encode()
        shown = await _shown(request)
        if not compare_digest(shown, kept):
            return False
        return any(compare_digest(shown, _token(key, session_id).encode()) for key in self.keys)


async def _shown(request: Request[Any, Any, Any]) -> bytes:
    header = request.headers.get(HEADER)
    if header is not None or request.content_type[0] != FORM:
        return (header or "").encode()
    given = parse_qs((await request.body()).decode(errors="replace")).get(CSRF_TOKEN, [])
    return given[0].encode() if len(given) == 1 else b""


def _token(key: bytes, session_id: UUID) -> str:
    return urlsafe_b64encode(digest(key, session_id.bytes, "sha256")).decode().rstrip("=")
