"""Gates 4 to 6: whose credential this is, and whether it still opens anything, as of this very request."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request

from application.identity.session_use import SessionUse
from application.ports.clock import Clock
from application.ports.orgs import ActiveOrgs
from application.ports.sessions import SessionStates, Standing
from application.ports.tokens import AccessClaims, AccessTokens
from domain.identity.actor import Actor, ActorKind, Need
from domain.identity.errors import OrgSuspended, PasswordChangeRequired
from domain.identity.membership import MembershipStatus
from domain.identity.session import RevokedReason, fresh_until
from domain.shared.errors import Invalid, NotFound, Unauthenticated
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus
from entrypoints.http.basic import BasicCallers, takes_basic
from entrypoints.http.cookies import has_session_cookie
from entrypoints.http.org_header import named_org
from entrypoints.http.request_context import AT_THE_END, context_of
from entrypoints.http.routes import RouteRules

TEMP_PASSWORD = "temp_password"  # noqa: S105  # a route's trait: open in the temporary state
AFTER_LOGOUT = "after_logout"  # a route's trait: a session that has logged out may ask again
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*").fullmatch
LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True)
class Authentication:
    tokens: AccessTokens
    states: SessionStates
    orgs: ActiveOrgs
    uses: SessionUse
    clock: Clock
    test_org_header: bool
    basic: BasicCallers | None = None  # None: off

    async def __call__(self, request: Request[Any, Any, Any], rules: RouteRules, /) -> Actor | None:
        header = request.headers.get("authorization")
        caller = None if header is None else await self._known(request, header, rules)
        if header is None and has_session_cookie(request):
            raise Unauthenticated  # no portal has been built that could have begun this session
        slug = request.scope["path_params"].get("org_slug")
        if slug is not None:
            return await self._public(request, slug)
        if caller is None and self.test_org_header and (named := named_org(request)) is not None:
            return await self._test_org(request, named)
        return caller

    async def _known(self, request: Request[Any, Any, Any], header: str, rules: RouteRules) -> Actor:
        scheme, _, credential = header.partition(" ")
        scheme, credential = scheme.lower(), credential.strip()
        if scheme == "bearer":
            return await self._bearer(request, credential, rules)
        if scheme == "basic" and self.basic is not None and takes_basic(request.scope["path_template"]):
            return await self.basic.actor(request, credential)
        raise Unauthenticated

    async def _bearer(self, request: Request[Any, Any, Any], token: str, rules: RouteRules) -> Actor:
        claims = self.tokens.verify(token)
        standing = await self._standing(request, claims, rules)
        if standing is None or standing.user_id != claims.user_id:
            raise Unauthenticated
        self._check(standing, rules)
        self.uses.note(claims.org_id, claims.session_id)
        fresh = self.clock.now() <= fresh_until(standing.proved_at)
        return actor_of(request, claims, standing, fresh=fresh)

    async def _standing(
        self, request: Request[Any, Any, Any], claims: AccessClaims, rules: RouteRules
    ) -> Standing | None:
        """A request that only reads begins its transaction with this look; the edge ends it."""
        session = (claims.org_id, claims.session_id, claims.generation)
        if request.method != "GET" or rules.need is Need.PUBLIC:
            return await self.states.read(*session)
        request.scope["state"][AT_THE_END] = self.states.end
        return await self.states.begin(*session)

    def _check(self, standing: Standing, rules: RouteRules) -> None:
        reason = standing.revoked_reason
        if not standing.org_active and reason in {None, RevokedReason.ORG_SUSPENDED}:
            raise OrgSuspended
        if reason is RevokedReason.LOGOUT and AFTER_LOGOUT in rules.traits:
            reason = None
        alive = (
            reason is None
            and standing.epoch_current
            and standing.generation_current
            and standing.membership is MembershipStatus.ACTIVE
            and self.clock.now() < standing.expires_at
        )
        if not alive:
            raise Unauthenticated
        if standing.must_change_password and TEMP_PASSWORD not in rules.traits:
            raise PasswordChangeRequired

    async def _public(self, request: Request[Any, Any, Any], slug: str) -> Actor:
        fitting = len(slug) <= LONGEST_SLUG and SLUG(slug) is not None
        org_id = await self.orgs.by_slug(slug) if fitting else None
        if org_id is None:
            raise NotFound("org_slug")
        return anonymous(request, org_id)

    async def _test_org(self, request: Request[Any, Any, Any], named: str) -> Actor:
        try:
            org_id = OrgId(UUID(named))
        except ValueError:
            raise Invalid.field("X-Test-Org", "is not the id of an organisation") from None
        if await self.orgs.status_of(org_id) is not OrgStatus.ACTIVE:
            raise NotFound("X-Test-Org")
        return anonymous(request, org_id)


def actor_of(
    request: Request[Any, Any, Any], claims: AccessClaims, standing: Standing, *, fresh: bool
) -> Actor:
    """With the role of now, whatever the token says."""
    context = context_of(request)
    return Actor(
        org_id=claims.org_id,
        kind=ActorKind.BEARER,
        role=standing.role,
        user_id=standing.user_id,
        session_id=claims.session_id,
        mfa_verified=standing.mfa_verified,
        fresh=fresh,
        org_timezone=standing.org_timezone,
        name=standing.email,
        request_id=context.request_id,
        ip=context.client_address,
        user_agent=context.user_agent,
    )


def anonymous(request: Request[Any, Any, Any], org_id: OrgId) -> Actor:
    context = context_of(request)
    return Actor(
        org_id=org_id,
        kind=ActorKind.NONE,
        request_id=context.request_id,
        ip=context.client_address,
        user_agent=context.user_agent,
    )
