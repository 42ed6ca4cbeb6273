from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Text, bindparam, cast, collate, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.errors import constraint_of
from adapters.postgres.tables.pricing import add_ons
from domain.pricing.add_on import AddOn, AddOnCodeTaken, AddOnNotFound
from domain.shared.ids import AddOnId

FIELDS = ("code", "name", "price_cents", "minutes", "is_active", "version")
ADD_ON = (add_ons.c.add_on_id, *(add_ons.c[name] for name in FIELDS))
BY_CODE = collate(add_ons.c.code, "C")
GET = select(*ADD_ON).where(add_ons.c.add_on_id == bindparam("wanted"))
LOCK = GET.with_for_update(key_share=True)
LIST_ACTIVE = select(*ADD_ON).where(add_ons.c.is_active).order_by(BY_CODE)
AFTER, ACTIVE = cast(bindparam("after"), Text), cast(bindparam("active"), Boolean)
LIST = (
    select(*ADD_ON)
    .where(or_(AFTER.is_(None), BY_CODE > AFTER), or_(ACTIVE.is_(None), add_ons.c.is_active == ACTIVE))
    .order_by(BY_CODE)
    .limit(bindparam("most"))
)
NEW = insert(add_ons)
SAVE = NEW.on_conflict_do_update(
    index_elements=[add_ons.c.org_id, add_ons.c.add_on_id],
    set_={name: NEW.excluded[name] for name in FIELDS},
)


def to_add_on(row: Sequence[Any]) -> AddOn:
    return AddOn(id=AddOnId(row[0]), **dict(zip(FIELDS, row[1:], strict=True)))


@dataclass(frozen=True, slots=True)
class PostgresAddOns:
    connection: AsyncConnection

    async def get(self, add_on_id: AddOnId) -> AddOn:
        return await self._one(GET, add_on_id)

    async def lock(self, add_on_id: AddOnId) -> AddOn:
        return await self._one(LOCK, add_on_id)

    async def list_active(self) -> list[AddOn]:
        return [to_add_on(row) for row in await self.connection.execute(LIST_ACTIVE)]

    async def list_after(self, code: str | None, limit: int, *, active: bool | None = None) -> list[AddOn]:
        rows = await self.connection.execute(LIST, {"after": code, "active": active, "most": limit})
        return [to_add_on(row) for row in rows]

    async def save(self, add_on: AddOn) -> None:
        row = {"add_on_id": add_on.id, **{name: getattr(add_on, name) for name in FIELDS}}
        try:
            async with self.connection.begin_nested():
                await self.connection.execute(SAVE, row)
        except IntegrityError as error:
            if constraint_of(error) == "add_ons_code_key":
                raise AddOnCodeTaken(add_on.code) from error
            raise

    async def _one(self, statement: Any, add_on_id: AddOnId) -> AddOn:
        row = (await self.connection.execute(statement, {"wanted": add_on_id})).one_or_none()
        if row is None:
            raise AddOnNotFound
        return to_add_on(row)
