"""Who calls: the seam between the gates and the identity context."""

from typing import Any, Protocol

from litestar import Request

from domain.identity.actor import Actor
from entrypoints.http.routes import RouteRules


class Authenticate(Protocol):
    """Gates 4 to 7: who calls. Provided by the identity context, once for the process."""

    async def __call__(self, request: Request[Any, Any, Any], rules: RouteRules, /) -> Actor | None:
        """The caller; for `{org_slug}` routes the public of that organisation; None for nobody in particular.

        A caller known by a cookie leaves the id of that session in `state[COOKIE_SESSION]`, for gate 5.
        Raises Unauthenticated for a credential that is present but bad, NotFound for an unknown slug."""
