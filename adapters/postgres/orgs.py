from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, collate, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.errors import constraint_of
from adapters.postgres.hot_read import HotRead
from adapters.postgres.tables.platform import org_profiles, orgs, retired_slugs
from domain.shared.errors import Conflict, NotFound, PreconditionFailed
from domain.shared.ids import OrgId
from domain.tenancy.org import Branding, Contact, Org, OrgProfile, OrgStatus, SlugTaken

SLUG_KEY = "orgs_slug_key"
ORG = (orgs.c.id, orgs.c.slug, orgs.c.status, orgs.c.created_at)
BY_SLUG = select(*ORG).where(orgs.c.slug == bindparam("slug"))
BY_ID = select(*ORG).where(orgs.c.id == bindparam("id"))
SLUG_ORDER = collate(orgs.c.slug, "C")
LIST = select(*ORG).where(bindparam("after") < SLUG_ORDER).order_by(SLUG_ORDER).limit(bindparam("most"))
ACTIVE = select(orgs.c.id).where(orgs.c.status == OrgStatus.ACTIVE).order_by(orgs.c.id)
ADD = insert(orgs)
RENAME = update(orgs).where(orgs.c.id == bindparam("org")).values(slug=bindparam("new_slug"))
RETIRE = (
    insert(retired_slugs)
    .from_select(
        ["slug", "left_by"],
        select(orgs.c.slug, orgs.c.id).where(
            orgs.c.id == bindparam("org"), orgs.c.slug != bindparam("new_slug")
        ),
    )
    .on_conflict_do_nothing()
)
LEFT_BY = select(retired_slugs.c.left_by).where(retired_slugs.c.slug == bindparam("slug"))
SET_STATUS = (
    update(orgs)
    .where(orgs.c.id == bindparam("org"), orgs.c.status != bindparam("new_status"))
    .values(status=bindparam("new_status"))
)

BRANDING = ("display_name", "logo_url", "primary_color", "email_from_name", "reply_to", "footer_text")
CONTACT = ("email", "phone", "address", "country")
BASICS = ("name", "timezone", "currency", "travel_buffer_minutes")
STAMPS = ("version", "created_at", "updated_at")
PROFILE = tuple(
    org_profiles.c[name]
    for name in (*BASICS, *(f"branding_{n}" for n in BRANDING), *(f"contact_{n}" for n in CONTACT), *STAMPS)
)
GET_PROFILE = HotRead.of(select(*PROFILE))
LOCK_PROFILE = select(*PROFILE).with_for_update(key_share=True)
ADD_PROFILE = insert(org_profiles)
SAVE_PROFILE = (
    update(org_profiles)
    .where(org_profiles.c.version == bindparam("version") - 1)
    .values({column: bindparam(column.name) for column in PROFILE})
)


def to_org(row: Sequence[Any]) -> Org:
    return Org(id=OrgId(row[0]), slug=row[1], status=OrgStatus(row[2]), created_at=row[3])


def to_profile(row: Sequence[Any]) -> OrgProfile:
    return OrgProfile(
        **dict(zip(BASICS, row[:4], strict=True)),
        branding=Branding(**dict(zip(BRANDING, row[4:10], strict=True))),
        contact=Contact(**dict(zip(CONTACT, row[10:14], strict=True))),
        version=row[14],
        created_at=row[15],
        updated_at=row[16],
    )


def from_profile(profile: OrgProfile) -> dict[str, Any]:
    row = {name: getattr(profile, name) for name in (*BASICS, *STAMPS)}
    row |= {f"branding_{name}": value for name, value in asdict(profile.branding).items()}
    return row | {f"contact_{name}": value for name, value in asdict(profile.contact).items()}


@dataclass(frozen=True, slots=True)
class PostgresOrgDirectory:
    connection: AsyncConnection

    async def by_slug(self, slug: str) -> Org | None:
        row = (await self.connection.execute(BY_SLUG, {"slug": slug})).one_or_none()
        return None if row is None else to_org(row)

    async def by_id(self, org_id: OrgId) -> Org | None:
        row = (await self.connection.execute(BY_ID, {"id": org_id})).one_or_none()
        return None if row is None else to_org(row)

    async def list_all(self, *, after: str = "", limit: int = 200) -> Sequence[Org]:
        rows = await self.connection.execute(LIST, {"after": after, "most": limit})
        return [to_org(row) for row in rows]

    async def active_ids(self) -> Sequence[OrgId]:
        return [OrgId(org_id) for org_id in (await self.connection.execute(ACTIVE)).scalars()]

    async def add(self, org: Org) -> None:
        row = {"id": org.id, "slug": org.slug, "status": org.status, "created_at": org.created_at}
        await self._write(org.id, org.slug, (ADD, row))

    async def rename(self, org_id: OrgId, slug: str) -> None:
        row = {"org": org_id, "new_slug": slug}
        await self._write(org_id, slug, (RETIRE, row), (RENAME, row))

    async def set_status(self, org_id: OrgId, status: OrgStatus) -> bool:
        done = await self.connection.execute(SET_STATUS, {"org": org_id, "new_status": status})
        return bool(done.rowcount)

    async def _write(self, org_id: OrgId, slug: str, *deeds: tuple[Any, dict[str, Any]]) -> None:
        try:
            async with self.connection.begin_nested():
                for statement, row in deeds:
                    await self.connection.execute(statement, row)
                # After the write: whoever was leaving this slug has committed, or the write has waited.
                left_by = (await self.connection.execute(LEFT_BY, {"slug": slug})).scalar_one_or_none()
                if left_by not in {None, org_id}:
                    raise SlugTaken(slug)
        except IntegrityError as error:
            if constraint_of(error) == SLUG_KEY:
                raise SlugTaken(slug) from error
            raise


@dataclass(frozen=True, slots=True)
class PostgresOrgProfiles:
    connection: AsyncConnection

    async def get(self) -> OrgProfile:
        return self._only(await GET_PROFILE.rows(self.connection, {}))

    async def lock(self) -> OrgProfile:
        return self._only((await self.connection.execute(LOCK_PROFILE)).all())

    async def add(self, profile: OrgProfile) -> None:
        try:
            await self.connection.execute(ADD_PROFILE, from_profile(profile))
        except IntegrityError as error:
            if constraint_of(error) == "org_profiles_pkey":
                raise Conflict("This organisation has a profile.") from error
            raise

    async def save(self, profile: OrgProfile) -> None:
        done = await self.connection.execute(SAVE_PROFILE, from_profile(profile))
        if done.rowcount == 0:
            raise PreconditionFailed

    @staticmethod
    def _only(rows: Sequence[Sequence[Any]]) -> OrgProfile:
        if not rows:
            raise NotFound("org_id")
        return to_profile(rows[0])
