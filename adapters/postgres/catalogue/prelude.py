"""What all checks start from: the lists of `migrations.catalogue` and our own relations, as named queries."""

from collections.abc import Iterable
from functools import cache

from migrations.catalogue import APPEND_ONLY, DOORS, GLOBAL_TABLES, READ_ONLY


def names(items: Iterable[str]) -> str:
    return "array[" + ", ".join(f"'{item}'" for item in items) + "]::text[]"


def rows(items: Iterable[tuple[str, ...]]) -> str:
    columns = zip(*items, strict=True)
    return f"unnest({', '.join(names(column) for column in columns)})"


@cache
def prelude() -> str:
    reads = {
        (table, column) for door in DOORS.values() for table in door.reads for column in door.reads[table]
    }
    writes = {
        (table, deed) for door in DOORS.values() for table in door.writes for deed in door.writes[table]
    }
    within = {
        (table, deed.upper(), column)
        for door in DOORS.values()
        for table, deeds in door.within.items()
        for deed, columns in deeds.items()
        for column in columns
    }
    return f"""
    with global_tables as (select unnest({names(GLOBAL_TABLES)}) as name),
    append_only as (select unnest({names(APPEND_ONLY)}) as name),
    read_only as (select unnest({names(READ_ONLY)}) as name),
    doors as (select unnest({names(DOORS)}) as name),
    door_reads as (select * from {rows(sorted(reads))} as listed (relname, attname)),
    door_writes as (select * from {rows(sorted(writes))} as listed (relname, deed)),
    door_within as (select * from {rows(sorted(within))} as listed (relname, deed, attname)),
    roles as (
      select oid, rolname::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
        rolcanlogin
      from pg_roles where rolname in ('sweepline_app', 'sweepline_doors')
    ),
    schemas as (
      select oid, nspname from pg_namespace
      where nspname not in ('pg_catalog', 'information_schema') and nspname !~ '^pg_(toast|temp)'
    ),
    ours as (
      select c.* from pg_class c join schemas on schemas.oid = c.relnamespace
      where not exists (
        select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
      )
    ),
    org_tables as (
      select ours.*, a.attnum as org_attnum, a.attnotnull, a.atttypid, a.attrelid
      from ours join pg_attribute a on a.attrelid = ours.oid and a.attname = 'org_id' and not a.attisdropped
      where ours.relkind in ('r', 'p')
    )
    """  # noqa: S608  # our own constants
