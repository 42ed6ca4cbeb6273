"""Legacy Basic (identity page, §4): pairs of the environment, for one organisation, off unless asked for."""

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from litestar import Request

from application.identity.origin import Origin
from application.identity.throttling import Throttling
from application.ports.orgs import ActiveOrgs
from domain.identity.actor import Actor, ActorKind
from domain.identity.basic import BasicPair, BasicPairs
from domain.identity.errors import OrgSuspended
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus
from entrypoints.http.org_header import named_org
from entrypoints.http.request_context import context_of

ORG_CONTEXT = "/v1/auth/org-context"
TOKENS_ONLY = frozenset({("v1", "iam"), ("v1", "auth")})
VIA = "via"  # where the request's state says which rule chose a Basic caller's organisation


@lru_cache(1024)
def takes_basic(template: str) -> bool:
    """By the route, not by the request's text."""
    return template == ORG_CONTEXT or tuple(template.split("/")[1:3]) not in TOKENS_ONLY


@dataclass(frozen=True, slots=True)
class BasicCallers:
    pairs: BasicPairs
    orgs: ActiveOrgs
    throttling: Throttling
    default_org_id: OrgId
    test_org_header: bool

    async def actor(self, request: Request[Any, Any, Any], credential: str) -> Actor:
        """Raises Unauthenticated, also for an organisation that is none; OrgSuspended, TooManyTries."""
        username, password = decoded(credential)
        pair = self.pairs.find(username, password)
        await self._throttle(request, username, right=pair is not None)
        if pair is None:
            raise Unauthenticated
        org_id = self._org_of(request)
        status = await self.orgs.status_of(org_id)
        if status is None:
            raise Unauthenticated
        if status is OrgStatus.SUSPENDED:
            raise OrgSuspended
        return actor_of(request, pair, org_id)

    def _org_of(self, request: Request[Any, Any, Any]) -> OrgId:
        named = named_org(request) if self.test_org_header else None
        request.scope["state"][VIA] = "basic" if named is None else "test_header"
        if named is None:
            return self.default_org_id
        try:
            return OrgId(UUID(named))
        except ValueError:
            raise Unauthenticated from None

    async def _throttle(self, request: Request[Any, Any, Any], username: bytes, *, right: bool) -> None:
        """Wrong tries count as those of a login do."""
        context, name = context_of(request), username.decode(errors="replace")
        origin = Origin(context.request_id, context.client_address, context.user_agent)
        if right:
            await self.throttling.admit_right(origin, name)
            return
        admission = await self.throttling.admit_password(origin, name)
        await self.throttling.wrong(admission, "basic")
        admission.require()


def decoded(credential: str) -> tuple[bytes, bytes]:
    """Name and password, whatever their bytes (RFC 7617). Raises Unauthenticated."""
    try:
        username, colon, password = b64decode(credential, validate=True).partition(b":")
    except (NotBase64, ValueError):  # the latter for what is not ASCII
        raise Unauthenticated from None
    if not colon:
        raise Unauthenticated
    return username, password


def actor_of(request: Request[Any, Any, Any], pair: BasicPair, org_id: OrgId) -> Actor:
    context = context_of(request)
    return Actor(
        org_id=org_id,
        kind=ActorKind.BASIC,
        role=pair.role,
        name=pair.name,
        request_id=context.request_id,
        ip=context.client_address,
        user_agent=context.user_agent,
    )
