"""The gates before every handler, in the order of the identity page, §2. The first that objects answers.

Request id, the sizes of headers and body, the one Host and the rate limit are the edge's; what is in the body
and its idempotency key come after these.
"""

import logging
from dataclasses import dataclass
from typing import Any, cast

from dishka import AsyncContainer
from litestar import Request, Response
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.types import Method
from litestar.utils import normalize_path

from domain.identity.actor import Actor, ActorKind, Need, Role
from domain.identity.errors import MfaRequired
from domain.safety.break_glass import AdminReadOnly
from domain.shared.errors import Forbidden, Unauthenticated
from entrypoints.http.authenticate import Authenticate
from entrypoints.http.client_address import Network, admits
from entrypoints.http.csrf import COOKIE_SESSION, Csrf
from entrypoints.http.edge import plain_template
from entrypoints.http.once import KEYED_REQUEST, carries_key
from entrypoints.http.problems import allow, answer_problem
from entrypoints.http.rates import Meter
from entrypoints.http.read_only import is_stopped, lifted
from entrypoints.http.request_context import context_of
from entrypoints.http.routes import FRESH, RULES, RouteRules
from entrypoints.http.scheduler import BY_SCHEDULER, is_scheduler
from entrypoints.log_context import bind
from entrypoints.settings import Secret

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

logger = logging.getLogger("sweepline.http")


class IpNotAllowed(Forbidden):
    code = "ip_not_allowed"


@dataclass(slots=True)
class Gatekeeper:
    """Litestar's `before_request`: runs when the route is known and before the body is read."""

    container: AsyncContainer
    allowlist: tuple[Network, ...] = ()
    read_only: bool = False
    mfa_roles: frozenset[Role] = frozenset()
    scheduler_token: Secret | None = None
    _authenticate: Authenticate | None = None

    async def __call__(self, request: Request[Any, Any, Any]) -> Response[None] | None:
        rules: RouteRules | None = request.route_handler.opt.get(RULES)
        if rules is None:  # Litestar's handler of OPTIONS, which may know half of the methods
            return self._options(request)
        await self._pass(request, rules)
        return None

    async def _pass(self, request: Request[Any, Any, Any], rules: RouteRules) -> None:
        if rules.ungated:
            return
        if rules.admin_route:
            self._check_address(request, request.scope["path_template"])
        if is_scheduler(request, rules, self.scheduler_token):
            self._let_scheduler_in(request, rules)
        else:
            await self._let_caller_in(request, rules)

    async def _let_caller_in(self, request: Request[Any, Any, Any], rules: RouteRules) -> None:
        authenticate = self._authenticate or await self._find_authenticate()
        actor = await authenticate(request, rules)
        session = request.scope["state"].get(COOKIE_SESSION)
        if session is not None and request.method in UNSAFE:
            await (await self.container.get(Csrf)).check(request, session)
        self._check_factor(actor, rules)
        self._check_need(actor, rules)
        if self.read_only and actor is not None and is_stopped(request, rules):
            actor = await lifted(request, actor, self.container)
        if actor is not None:
            if actor.kind is ActorKind.BASIC:
                meter = await self.container.get(Meter)
                await meter.spend_caller(request.scope["state"], f"basic:{actor.org_id}:{actor.name}")
            request.scope["state"]["actor"] = actor
            bind(org_id=actor.org_id, user_id=actor.user_id, role=actor.role)
            if carries_key(request, actor):
                request.scope["state"][KEYED_REQUEST] = request

    def _let_scheduler_in(self, request: Request[Any, Any, Any], rules: RouteRules) -> None:
        """It has no role, no session and no factor; while administration is read-only it waits."""
        if self.read_only and is_stopped(request, rules):
            raise AdminReadOnly
        request.scope["state"][BY_SCHEDULER] = True
        bind(role="scheduler")

    def _options(self, request: Request[Any, Any, Any]) -> Response[None]:
        path = request.scope["path_template"]
        routes = [route for route in request.app.routes if route.path_format == path]
        handlers = (handler for route in routes for handler in getattr(route, "route_handlers", ()))
        if any(rules.admin_route for handler in handlers if (rules := handler.opt.get(RULES))):
            self._check_address(request, path)
        methods = allow({str(method) for route in routes for method in route.methods})
        return Response(None, status_code=204, headers={"allow": methods})

    def missing_method(
        self, request: Request[Any, Any, Any], error: MethodNotAllowedException
    ) -> Response[bytes]:
        """Litestar's exception handler for a path without this method. Outside the allowlist nobody is told
        which methods an admin path has; an id that is none makes it no path at all."""
        refusal: Exception = error
        try:
            for method in (error.headers or {}).get("allow", "").split(", "):
                _, handler, _, _, template = request.app.asgi_router.handle_routing(
                    path=normalize_path(request.scope["path"]), method=cast("Method", method)
                )
                if (rules := handler.opt.get(RULES)) and rules.admin_route:
                    self._check_address(request, template)
        except (NotFoundException, IpNotAllowed) as sooner:
            refusal = sooner
        return answer_problem(request, refusal)

    async def _find_authenticate(self) -> Authenticate:
        found: Authenticate = await self.container.get(Authenticate)
        self._authenticate = found
        return found

    def _check_address(self, request: Request[Any, Any, Any], template: str) -> None:
        if self.allowlist and not admits(self.allowlist, context_of(request).client_address):
            told = {"method": request.method, "path": plain_template(template)}
            logger.warning("admin_safety_denied", extra={"fields": {**told, "error": IpNotAllowed.code}})
            raise IpNotAllowed("Your network address may not reach this.")

    def _check_factor(self, actor: Actor | None, rules: RouteRules) -> None:
        """Administration, wherever its routes stand. Basic callers cannot have a factor and pass."""
        if actor is None or actor.kind is not ActorKind.BEARER or actor.mfa_verified:
            return
        if actor.role in self.mfa_roles and (rules.admin_route or rules.need in {Need.ADMIN, Need.OWNER}):
            raise MfaRequired

    @staticmethod
    def _check_need(actor: Actor | None, rules: RouteRules) -> None:
        if rules.need is Need.PUBLIC:
            return
        if actor is None or actor.kind is ActorKind.NONE:
            raise Unauthenticated
        actor.require(rules.need)
        if FRESH in rules.traits:
            actor.require_fresh()
