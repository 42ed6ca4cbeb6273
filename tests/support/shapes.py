"""What the catalogue says of each table: enough to make a row of it without knowing what it is for."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    required: bool  # not null, and nothing fills it in
    choices: tuple[str, ...]  # of an enum, or of `check (column in (…))`
    least: int  # of a number, by `check (column >= …)`


@dataclass(frozen=True, slots=True)
class Reference:
    name: str
    parent: str
    columns: dict[str, str]  # ours → the parent's

    def naming(self, parent: Mapping[str, str | None]) -> dict[str, str | None]:
        """What a row must hold to point at this parent; whose it is stays the row's own affair."""
        return {ours: parent[theirs] for ours, theirs in self.columns.items() if ours != "org_id"}


@dataclass(frozen=True, slots=True)
class Shape:
    table: str
    has_org: bool
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...]
    rights: frozenset[str]  # of the application: select, insert, update, delete

    def requires(self, reference: Reference) -> bool:
        return all(
            column.required for column in self.columns if column.name in set(reference.columns) - {"org_id"}
        )

    def parents(self) -> set[str]:
        return {reference.parent for reference in self.references} - {self.table}


TABLES = """
select c.relname as table, exists (
    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
  ) as has_org,
  array(select deed from unnest(array['select', 'insert', 'update', 'delete']) as deed
        where has_table_privilege('sweepline_app', c.oid, deed)) as rights,
  (select json_agg(a.attname order by k.place)
   from pg_index i cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
   join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
   where i.indrelid = c.oid and i.indisprimary) as key,
  (select json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'required', a.attnotnull and not a.atthasdef and a.attidentity = '',
      'labels', (select json_agg(e.enumlabel order by e.enumsortorder)
                 from pg_enum e where e.enumtypid = a.atttypid),
      'checks', (select json_agg(pg_get_constraintdef(k.oid)) from pg_constraint k
                 where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum])
    ) order by a.attnum) from pg_attribute a
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
  (select coalesce(json_agg(json_build_object(
      'name', k.conname, 'parent', k.confrelid::regclass::text,
      'columns', (select json_object_agg(o.attname, t.attname)
                  from unnest(k.conkey, k.confkey) as pair (ours, theirs)
                  join pg_attribute o on o.attrelid = k.conrelid and o.attnum = pair.ours
                  join pg_attribute t on t.attrelid = k.confrelid and t.attnum = pair.theirs)
    )), '[]') from pg_constraint k where k.conrelid = c.oid and k.contype = 'f') as references
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
"""


async def read_shapes(connection: asyncpg.Connection) -> list[Shape]:
    """Every table, parents before children."""
    rows = await connection.fetch(TABLES)
    shapes = {row["table"]: _shape(row) for row in rows}
    order = TopologicalSorter({name: shape.parents() for name, shape in shapes.items()}).static_order()
    return [shapes[name] for name in order]


def _shape(row: Any) -> Shape:
    return Shape(
        table=row["table"],
        has_org=row["has_org"],
        key=tuple(json.loads(row["key"] or "[]")),
        columns=tuple(_column(column) for column in json.loads(row["columns"])),
        references=tuple(Reference(**reference) for reference in json.loads(row["references"])),
        rights=frozenset(row["rights"]),
    )


def _column(found: dict[str, Any]) -> Column:
    choices, least = tuple(found["labels"] or ()), 0
    for check in found["checks"] or ():
        if "= ANY (ARRAY[" in check and " OR " not in check:
            listed = check.split("ARRAY[")[1].split("]")[0].split(", ")
            choices = tuple(label.split("::")[0].strip("'") for label in listed)
        if bound := re.search(r">= (\d+)", check):
            least = int(bound[1])
    return Column(found["name"], found["type"], found["required"], choices, least)
