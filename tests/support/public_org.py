"""Who calls `/v1/public/{org_slug}/…`: the public of the organisation that the slug names."""

import re
from dataclasses import dataclass

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, ActorKind
from domain.shared.errors import NotFound
from domain.tenancy.org import OrgStatus
from entrypoints.http.request_context import RequestContext

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 63


@dataclass(frozen=True, slots=True)
class PublicOrgs:
    uow: UnitOfWork

    async def actor(self, slug: str, context: RequestContext) -> Actor:
        """Raises NotFound, in the same words, for a slug of nobody and of an organisation not active."""
        if len(slug) <= LONGEST_SLUG and SLUG.fullmatch(slug):
            async with self.uow.begin_global() as unit:
                org = await unit.directory.by_slug(slug)
            if org is not None and org.status is OrgStatus.ACTIVE:
                return Actor(
                    org_id=org.id,
                    kind=ActorKind.NONE,
                    request_id=context.request_id,
                    ip=context.client_address,
                    user_agent=context.user_agent,
                )
        raise NotFound("org_slug")
