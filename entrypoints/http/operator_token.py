"""Tokens of the installation's own programs: a scheduler, a scraper of figures."""

import hmac
from typing import Any

from litestar import Request

from entrypoints.settings import Secret


def carries(request: Request[Any, Any, Any], token: Secret | None) -> bool:
    """As Bearer, whatever the case of that word (RFC 9110, 11.1), compared in constant time. Without a token
    nobody has it."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode("latin-1"), token.reveal().encode())
