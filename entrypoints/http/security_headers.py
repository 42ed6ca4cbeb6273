"""Headers that guard browsers (identity page, §10)."""

from collections.abc import Sequence

Header = tuple[bytes, bytes]
POWERS = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", ", ".join(f"{power}=()" for power in POWERS).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cache-control", b"no-store"),
)
HSTS: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def security_headers(*, hsts: bool) -> tuple[Header, ...]:
    return (*ALWAYS, HSTS) if hsts else ALWAYS


class Cors:
    """Exact origins, echoed; never credentials."""

    METHODS = b"GET, POST, PUT, PATCH, DELETE"
    REQUEST_HEADERS = (
        b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID, X-CSRF-Token, "
        b"X-Break-Glass-Token"
    )
    EXPOSED = (
        b"ETag, Retry-After, X-Request-ID, Idempotency-Replayed, RateLimit-Limit, RateLimit-Remaining, "
        b"RateLimit-Reset"
    )

    def __init__(self, origins: Sequence[str]) -> None:
        self.any = "*" in origins
        self.origins = frozenset(origins)
        self.vary: list[Header] = [(b"vary", b"Origin")] if origins else []

    def _echo(self, origin: str | None) -> list[Header]:
        if origin is None or not (self.any or origin in self.origins):
            return []
        return [(b"access-control-allow-origin", origin.encode("latin-1"))]

    def headers(self, origin: str | None) -> list[Header]:
        echo = self._echo(origin)
        return [*self.vary, *echo, (b"access-control-expose-headers", self.EXPOSED)] if echo else self.vary

    def preflight(self, origin: str) -> list[Header]:
        """What only the answer to a preflight has, beside `headers`; nothing for a stranger."""
        if not self._echo(origin):
            return []
        return [
            (b"access-control-allow-methods", self.METHODS),
            (b"access-control-allow-headers", self.REQUEST_HEADERS),
            (b"access-control-max-age", b"600"),
        ]
