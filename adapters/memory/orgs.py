from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace

from domain.shared.errors import Conflict, NotFound, PreconditionFailed
from domain.shared.ids import OrgId
from domain.tenancy.org import Org, OrgProfile, OrgStatus, SlugTaken


@dataclass(frozen=True, slots=True)
class MemoryOrgDirectory:
    rows: MutableMapping[OrgId, Org]
    retired: MutableMapping[str, OrgId]  # by slug: who left it

    async def by_slug(self, slug: str) -> Org | None:
        return next((org for org in self.rows.values() if org.slug == slug), None)

    async def by_id(self, org_id: OrgId) -> Org | None:
        return self.rows.get(org_id)

    async def list_all(self, *, after: str = "", limit: int = 200) -> Sequence[Org]:
        found = sorted((org for org in self.rows.values() if org.slug > after), key=lambda org: org.slug)
        return found[:limit]

    async def active_ids(self) -> Sequence[OrgId]:
        return sorted(org.id for org in self.rows.values() if org.status is OrgStatus.ACTIVE)

    async def add(self, org: Org) -> None:
        if await self.by_slug(org.slug) is not None or org.slug in self.retired:
            raise SlugTaken(org.slug)
        self.rows[org.id] = org

    async def rename(self, org_id: OrgId, slug: str) -> None:
        holder = await self.by_slug(slug)
        if holder is not None and holder.id != org_id:
            raise SlugTaken(slug)
        if self.retired.get(slug, org_id) != org_id:
            raise SlugTaken(slug)
        if org_id in self.rows and self.rows[org_id].slug != slug:
            self.retired.setdefault(self.rows[org_id].slug, org_id)
            self.rows[org_id] = replace(self.rows[org_id], slug=slug)

    async def set_status(self, org_id: OrgId, status: OrgStatus) -> bool:
        org = self.rows.get(org_id)
        if org is None or org.status is status:
            return False
        self.rows[org_id] = replace(org, status=status)
        return True


@dataclass(frozen=True, slots=True)
class MemoryOrgProfiles:
    rows: list[OrgProfile]  # none or one

    async def get(self) -> OrgProfile:
        if not self.rows:
            raise NotFound("org_id")
        return self.rows[0]

    async def lock(self) -> OrgProfile:
        return await self.get()

    async def add(self, profile: OrgProfile) -> None:
        if self.rows:
            raise Conflict("This organisation has a profile.")
        self.rows.append(profile)

    async def save(self, profile: OrgProfile) -> None:
        if not self.rows or self.rows[0].version != profile.version - 1:
            raise PreconditionFailed
        self.rows[0] = profile
