from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.identity import mailed_links
from domain.identity.link import Link, LinkPurpose
from domain.shared.ids import LinkId, OrgId, UserId

FIELDS = ("link_id", *(field.name for field in fields(Link) if field.name != "id"))
LINK = tuple(mailed_links.c[name] for name in FIELDS)
FIND = select(*LINK).where(mailed_links.c.token_sha256 == bindparam("hash"))
ADD = insert(mailed_links)
SAVE = (
    update(mailed_links)
    .where(mailed_links.c.link_id == bindparam("id"))
    .values(used_at=bindparam("used_at"), voided_at=bindparam("voided_at"))
)
OF_PERSON = (mailed_links.c.user_id == bindparam("owner")) & (mailed_links.c.purpose == bindparam("kind"))
VOID = (
    update(mailed_links)
    .where(OF_PERSON, mailed_links.c.used_at.is_(None), mailed_links.c.voided_at.is_(None))
    .values(voided_at=bindparam("now"))
    .returning(mailed_links.c.link_id)
)
COUNT = (
    select(func.count())
    .select_from(mailed_links)
    .where(OF_PERSON, mailed_links.c.created_at > bindparam("since"))
)
ORG = text("select mailed_link_org(:hash)")


def to_link(row: Sequence[Any]) -> Link:
    values = dict(zip(FIELDS, row, strict=True))
    values["id"], values["purpose"] = values.pop("link_id"), LinkPurpose(values["purpose"])
    return Link(**values)


@dataclass(frozen=True, slots=True)
class PostgresLinks:
    connection: AsyncConnection

    async def find(self, token_sha256: bytes) -> Link | None:
        row = (await self.connection.execute(FIND, {"hash": token_sha256})).one_or_none()
        return None if row is None else to_link(row)

    async def add(self, link: Link) -> None:
        row = {name: getattr(link, name) for name in FIELDS[1:]}
        await self.connection.execute(ADD, {**row, "link_id": link.id})

    async def save(self, link: Link) -> None:
        ends = {"used_at": link.used_at, "voided_at": link.voided_at}
        await self.connection.execute(SAVE, {**ends, "id": link.id})

    async def void(self, user_id: UserId, purpose: LinkPurpose, now: datetime) -> list[LinkId]:
        values = {"owner": user_id, "kind": purpose.value, "now": now}
        return [LinkId(row[0]) for row in await self.connection.execute(VOID, values)]

    async def count_since(self, user_id: UserId, purpose: LinkPurpose, since: datetime) -> int:
        values = {"owner": user_id, "kind": purpose.value, "since": since}
        return int((await self.connection.execute(COUNT, values)).scalar_one())


@dataclass(frozen=True, slots=True)
class PostgresLinkOwners:
    connection: AsyncConnection

    async def find(self, token_sha256: bytes) -> OrgId | None:
        found = (await self.connection.execute(ORG, {"hash": token_sha256})).scalar_one_or_none()
        return None if found is None else OrgId(found)
