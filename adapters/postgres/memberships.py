from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.identity import memberships
from domain.identity.actor import Role
from domain.identity.membership import Membership, MembershipStatus
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

FIELDS = tuple(field.name for field in fields(Membership))
MEMBERSHIP = tuple(memberships.c[name] for name in FIELDS)
FIND = select(*MEMBERSHIP).where(memberships.c.user_id == bindparam("id"))
LOCK = FIND.with_for_update(key_share=True)
ADD = insert(memberships)
CHANGING = (*FIELDS[1:], "name_key")
SAVE = (
    update(memberships)
    .where(memberships.c.user_id == bindparam("id"))
    .values({name: bindparam(name) for name in CHANGING})
)
OWNERS = (memberships.c.role == "owner", memberships.c.status == "active")
COUNT_OWNERS = select(func.count()).select_from(memberships).where(*OWNERS)
LIST_OWNERS = select(memberships.c.user_id).where(*OWNERS).order_by(memberships.c.user_id)


def to_membership(row: Sequence[Any]) -> Membership:
    values = dict(zip(FIELDS, row, strict=True))
    values["role"], values["status"] = Role(values["role"]), MembershipStatus(values["status"])
    return Membership(**values)


@dataclass(frozen=True, slots=True)
class PostgresMemberships:
    connection: AsyncConnection

    async def find(self, user_id: UserId) -> Membership | None:
        row = (await self.connection.execute(FIND, {"id": user_id})).one_or_none()
        return None if row is None else to_membership(row)

    async def lock(self, user_id: UserId) -> Membership:
        row = (await self.connection.execute(LOCK, {"id": user_id})).one_or_none()
        if row is None:
            raise NotFound("user_id")
        return to_membership(row)

    async def add(self, membership: Membership) -> None:
        await self.connection.execute(
            ADD, {name: getattr(membership, name) for name in ("user_id", *CHANGING)}
        )

    async def save(self, membership: Membership) -> None:
        row = {name: getattr(membership, name) for name in CHANGING}
        await self.connection.execute(SAVE, {**row, "id": membership.user_id})

    async def list_owners(self) -> Sequence[UserId]:
        return [UserId(user_id) for user_id in (await self.connection.execute(LIST_OWNERS)).scalars()]

    async def count_active_owners(self) -> int:
        return int((await self.connection.execute(COUNT_OWNERS)).scalar_one())
