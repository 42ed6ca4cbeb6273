"""An organisation with a row in every table, and its own mark in every text of it."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from tests.support.rows import RowFactory
from tests.support.shapes import Column, Shape, read_shapes

NUMBER = 1
STRICT = {"org_profiles"}
"""Read on every page of the organisation, by rules that a mark would break: its name alone carries one."""
BY_ITS_MESSAGE = """
    update export_events e set event_id = o.event_id, outbox_event_id = o.event_id
      from outbox_events o where o.org_id = e.org_id and e.org_id = $1
"""
"""The id of an export that has a message is the message's."""
TAKEN = ("23505", "23514", "23503", "22001", "23P01")
"""What a table's own rules may have against a mark: then the column keeps what it has."""


@dataclass(frozen=True, slots=True)
class Populated:
    """`superuser` looks past every policy."""

    superuser: asyncpg.Connection
    rows: RowFactory
    marked: frozenset[tuple[str, str]]  # table and column of each text that carries the mark

    @property
    def org_id(self) -> UUID:
        return self.rows.org_id

    @property
    def mark(self) -> str:
        """Stands in every text of this organisation and nowhere else; no id holds it."""
        return f"of {self.org_id.hex[-8:]}"

    @property
    def tables(self) -> list[str]:
        return [shape.table for shape in self.rows.org_shapes]

    async def everything(self) -> dict[str, list[str]]:
        """Every row of the organisation as text, by table."""
        question = "select t::text from {} t where org_id = $1 order by 1"
        return {
            table: [row[0] for row in await self.superuser.fetch(question.format(table), self.org_id)]
            for table in self.tables
        }


async def populate(superuser: asyncpg.Connection, org_id: UUID) -> Populated:
    """The organisation exists; of what it has but one, it keeps its own, with the mark in its texts."""
    rows = RowFactory(await read_shapes(superuser), org_id)
    for of_org in (False, True):
        for statement, values in rows.insertions(NUMBER, of_org=of_org):
            await superuser.execute(f"{statement} on conflict do nothing", *values)
    await superuser.execute(BY_ITS_MESSAGE, org_id)
    own_name = "update org_profiles set name = $1 where org_id = $2"
    await superuser.execute(own_name, f"Company of {org_id.hex[-8:]}", org_id)
    marked = [
        (shape.table, column.name)
        for shape in rows.org_shapes
        for column in shape.columns
        if is_free_text(shape, column) and await mark(superuser, rows, shape, column)
    ]
    return Populated(superuser, rows, frozenset(marked))


def is_free_text(shape: Shape, column: Column) -> bool:
    pointing = {name for reference in shape.references for name in reference.columns}
    free = column.type == "text" and not column.choices and column.name not in {*pointing, *shape.key}
    return free and (shape.table not in STRICT or column.name == "name")


async def mark(superuser: asyncpg.Connection, rows: RowFactory, shape: Shape, column: Column) -> bool:
    change = f"update {shape.table} set {column.name} = $1 where org_id = $2 and {column.name} is null"
    try:
        await superuser.execute(change, f"{column.name} of {rows.org_id.hex[-8:]}", rows.org_id)
    except asyncpg.PostgresError as error:
        if error.sqlstate not in TAKEN:
            raise
    found = f"select bool_or({column.name} like '%of ' || $1) from {shape.table} where org_id = $2"
    return bool(await superuser.fetchval(found, rows.org_id.hex[-8:], rows.org_id))
