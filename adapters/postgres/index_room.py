"""How much room each index takes, beside what its entries would take packed anew.

PostgreSQL never makes an index's file smaller: pages that a backlog filled are used again, not given back. No
extension is needed to see it: the entries are counted by ANALYZE, their width is what the planner says.
"""

import json
from dataclasses import dataclass
from math import ceil

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PAGE_BYTES, PAGE_OVERHEAD_BYTES = 8192, 24 + 16  # a header, and what a B-tree keeps at a page's end
ENTRY_OVERHEAD_BYTES, ALIGNED_TO = 8 + 4, 8  # the entry's head and its place on the page
INNER_SHARE = 0.01  # of the leaves: the pages above them

# B-trees that can be rebuilt beside their writers. For an index of the whole table the table's own count is
# the fresher one; -1 is a table that nobody has counted yet. Of what we may not read nothing is explained.
# An extension may have tables of its own beside ours.
INDEXES = text(
    """
    select i.relname as name, t.relname as "table", pg_relation_size(i.oid) as bytes,
           case when x.indpred is null then t.reltuples else i.reltuples end as entries,
           coalesce((select option_value::int from pg_options_to_table(i.reloptions)
                      where option_name = 'fillfactor'), 90) as fillfactor,
           format('select %s from %I.%I%s',
                  (select string_agg(pg_get_indexdef(i.oid, n, false), ', ' order by n)
                     from generate_series(1, x.indnatts) n),
                  s.nspname, t.relname, ' where ' || pg_get_expr(x.indpred, t.oid)) as reading,
           format('%I.%I', s.nspname, i.relname) as quoted, format('%I.%I', s.nspname, t.relname) as of_table
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
      join pg_am a on a.oid = i.relam and a.amname = 'btree'
      join pg_class t on t.oid = x.indrelid and t.relkind = 'r' and t.reltuples >= 0
      join pg_class ours on ours.oid = to_regclass('public.outbox_events') and ours.relowner = t.relowner
      join pg_namespace s on s.oid = t.relnamespace and s.nspname = 'public'
     where x.indisvalid and not x.indisexclusion and has_table_privilege(t.oid, 'select')
       and pg_relation_size(i.oid) >= :least
     order by pg_relation_size(i.oid) desc, i.relname
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRoom:
    """`name` and `table` are for people, `quoted` and `of_table` for statements."""

    name: str
    table: str
    bytes: int
    needed_bytes: int  # an estimate
    quoted: str
    of_table: str

    @property
    def gain_bytes(self) -> int:
        return self.bytes - self.needed_bytes


@dataclass(frozen=True, slots=True)
class Worth:
    """When a rebuild pays. In the long run a B-tree that is written anywhere but at its end is seven tenths
    full, 1.3 times as large as built anew: that is left alone, or it would be rebuilt again and again."""

    least_gain_bytes: int = 8 << 20
    times: float = 1.5

    def is_met_by(self, index: IndexRoom) -> bool:
        return index.gain_bytes >= self.least_gain_bytes and index.bytes >= self.times * index.needed_bytes


async def find_oversized(connection: AsyncConnection, worth: Worth) -> list[IndexRoom]:
    """Largest first; any role may ask, of what it may read. As true as the last ANALYZE or VACUUM."""
    # Whatever it holds, an index has a page or two.
    found = await connection.execute(INDEXES, {"least": max(worth.least_gain_bytes, 3 * PAGE_BYTES)})
    indexes = []
    for row in found.mappings().all():
        width = await _width(connection, row["reading"])
        index = IndexRoom(
            name=row["name"],
            table=row["table"],
            bytes=row["bytes"],
            needed_bytes=packed_bytes(row["entries"], width, row["fillfactor"]),
            quoted=row["quoted"],
            of_table=row["of_table"],
        )
        if worth.is_met_by(index):
            indexes.append(index)
    return indexes


def packed_bytes(entries: float, width: int, fillfactor: int) -> int:
    """What a B-tree of so many entries takes when it is built at once; `width` is of the columns together."""
    entry = ceil(width / ALIGNED_TO) * ALIGNED_TO + ENTRY_OVERHEAD_BYTES
    a_page = max(1, (PAGE_BYTES - PAGE_OVERHEAD_BYTES) * fillfactor // 100 // entry)
    leaves = ceil(max(0, entries) / a_page)
    return (1 + leaves + ceil(leaves * INNER_SHARE)) * PAGE_BYTES  # one page says where the root is


async def _width(connection: AsyncConnection, reading: str) -> int:
    """Bytes of an average entry's columns. The planner knows them even where a policy hides `pg_stats`."""
    answer = (await connection.exec_driver_sql(f"explain (format json) {reading}")).scalar_one()
    (explained,) = json.loads(answer) if isinstance(answer, str) else answer
    return int(explained["Plan"]["Plan Width"])
