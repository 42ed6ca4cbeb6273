"""What must be known before an organisation is, read across all of them: the doors' plain twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from adapters.memory.sessions import is_open
from adapters.memory.tables import GlobalTables, OrgTables
from application.ports.sessions import Standing
from domain.identity.membership import Belonging
from domain.shared.ids import OrgId, SessionId, UserId
from domain.tenancy.org import OrgStatus

if TYPE_CHECKING:
    from adapters.memory.unit_of_work import MemoryUnitOfWork


def person_memberships(
    orgs: Mapping[OrgId, OrgTables], shared: GlobalTables, user_id: UserId, now: datetime
) -> tuple[Belonging, ...]:
    found = [
        _belonging(org_id, tables, shared, user_id, now)
        for org_id, tables in orgs.items()
        if user_id in tables.memberships
    ]
    return tuple(sorted(found, key=lambda belonging: (belonging.created_at, belonging.org_id)))


def _belonging(
    org_id: OrgId, tables: OrgTables, shared: GlobalTables, user_id: UserId, now: datetime
) -> Belonging:
    membership, org = tables.memberships[user_id], shared.orgs[org_id]
    own = [session for session in tables.sessions.values() if session.user_id == user_id]
    return Belonging(
        org_id=org_id,
        slug=org.slug,
        org_active=org.status is OrgStatus.ACTIVE,
        role=membership.role,
        status=membership.status,
        created_at=membership.created_at,
        last_session_at=max((session.created_at for session in own), default=None),
        open_sessions=sum(is_open(session, shared.persons.get, now) for session in own),
    )


def refresh_token_org(orgs: Mapping[OrgId, OrgTables], token_sha256: bytes) -> OrgId | None:
    return next((org_id for org_id, tables in orgs.items() if token_sha256 in tables.refresh_tokens), None)


def mailed_link_org(orgs: Mapping[OrgId, OrgTables], token_sha256: bytes) -> OrgId | None:
    held = ((org_id, link) for org_id, tables in orgs.items() for link in tables.mailed_links.values())
    return next((org_id for org_id, link in held if link.token_sha256 == token_sha256), None)


@dataclass(frozen=True, slots=True)
class MemorySessionStates:
    database: MemoryUnitOfWork

    async def begin(self, org_id: OrgId, session_id: SessionId, generation: int) -> Standing | None:
        return await self.read(org_id, session_id, generation)

    async def end(self) -> None:
        """Memory begins nothing before its units do."""

    async def read(self, org_id: OrgId, session_id: SessionId, generation: int) -> Standing | None:
        tables, shared = self.database.orgs.get(org_id), self.database.shared
        session = tables.sessions.get(session_id) if tables is not None else None
        if tables is None or session is None:
            return None
        membership, person = tables.memberships[session.user_id], shared.persons[session.user_id]
        return Standing(
            user_id=person.id,
            email=person.email,
            role=membership.role,
            membership=membership.status,
            org_active=shared.orgs[org_id].status is OrgStatus.ACTIVE,
            generation_current=session.generation == generation,
            epoch_current=session.auth_epoch == person.auth_epoch,
            revoked_reason=session.revoked_reason,
            expires_at=session.expires_at,
            proved_at=session.proved_at,
            mfa_verified=session.mfa_verified,
            must_change_password=person.must_change_password,
        )


@dataclass(frozen=True, slots=True)
class MemoryActiveOrgs:
    database: MemoryUnitOfWork

    async def by_slug(self, slug: str) -> OrgId | None:
        found = (org for org in self.database.shared.orgs.values() if org.slug == slug)
        return next((org.id for org in found if org.status is OrgStatus.ACTIVE), None)

    async def status_of(self, org_id: OrgId) -> OrgStatus | None:
        org = self.database.shared.orgs.get(org_id)
        return None if org is None else org.status
