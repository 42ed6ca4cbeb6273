"""The cookies of clients and workers (identity page, §10): how they are set and read. Staff have none."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from domain.shared.errors import Unauthenticated

CLIENT_SESSION, WORKER_SESSION, CSRF_TOKEN = "client_session", "worker_session", "csrf_token"
SESSIONS = (CLIENT_SESSION, WORKER_SESSION)
OURS = frozenset({*SESSIONS, CSRF_TOKEN})


@dataclass(frozen=True, slots=True)
class Cookies:
    """`Set-Cookie` lines. `secure` is off only where dev speaks plain http."""

    secure: bool

    def session(self, name: str, value: str, max_age_seconds: int) -> str:
        return self._line(name, value, max_age_seconds, "HttpOnly; SameSite=Lax")

    def csrf(self, value: str, max_age_seconds: int) -> str:
        """Readable by the page, which repeats it in `X-CSRF-Token`."""
        return self._line(CSRF_TOKEN, value, max_age_seconds, "SameSite=Strict")

    def _line(self, name: str, value: str, max_age_seconds: int, flags: str) -> str:
        line = f"{name}={value}; Path=/; Max-Age={max_age_seconds}; {flags}"
        return f"{line}; Secure" if self.secure else line


def our_cookies(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Those with names of ours. Raises Unauthenticated for two of one name: nobody can tell which counts."""
    found: dict[str, str] = {}
    for line in request.headers.getall("cookie", []):
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            if name in found:
                raise Unauthenticated
            if name in OURS:
                found[name] = value
    return found


def has_session_cookie(request: Request[Any, Any, Any]) -> bool:
    """Raises Unauthenticated as `our_cookies` does."""
    return "cookie" in request.headers and not our_cookies(request).keys().isdisjoint(SESSIONS)
