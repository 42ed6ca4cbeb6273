"""The functions that work past the policies: those on the list, made as they must be, and no others."""

from adapters.postgres.catalogue.rights import GRANTS

SEARCH_PATH = "search_path=pg_catalog, public, pg_temp"
ONE_PLAN = "plan_cache_mode=force_generic_plan"  # all else that a door may set

FUNCTIONS = """
, functions as (
  select p.oid, p.proname::text, p.prosecdef, p.proconfig, p.proacl, p.proowner, o.rolname::text as owner
  from pg_proc p join schemas on schemas.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
  where not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
)
"""

UNLISTED = f"""{FUNCTIONS}
select format('the function %s acts with its owner''s rights and is not on the list of doors', proname)
from functions where (prosecdef or owner = 'sweepline_doors') and proname not in (select name from doors)
union all
select format('the door %s stands %s times', name, times)
from doors, lateral (select count(*) as times from functions where proname = name) as counted
where times <> 1
"""  # noqa: S608  # a constant

MADE_AS_THEY_MUST = f"""{FUNCTIONS}
select format('the door %s %s', proname, reason) from functions
cross join lateral (values
  (not prosecdef, 'does not act with its owner''s rights'),
  (owner <> 'sweepline_doors', 'belongs to ' || owner),
  (coalesce(proconfig, '{{}}') not in (array['{SEARCH_PATH}'], array['{ONE_PLAN}', '{SEARCH_PATH}']),
   'does not fix its search path'),
  (proacl is null or exists (
    select from aclexplode(proacl) as acl where acl.grantee <> proowner
      and acl.grantee not in (select oid from roles where rolname = 'sweepline_app')
  ), 'is open to others than the application')
) as judged (bad, reason)
where proname in (select name from doors) and bad
"""  # noqa: S608  # a constant

RIGHTS = f"""{GRANTS}
, held as (
  select relname::text, a.attname::text, acl.privilege_type as deed
  from ours join pg_attribute a on a.attrelid = ours.oid cross join aclexplode(a.attacl) as acl
  where acl.grantee in (select oid from roles where rolname = 'sweepline_doors')
)
select distinct format('the doors may %s %s', lower(deed), relname) from granted
where grantee_name = 'sweepline_doors' and deed not like '% of columns'
  and (relname, lower(deed)) not in (select relname, lower(door_writes.deed) from door_writes)
union all
select format('the doors may %s %s.%s', lower(deed), relname, attname) from held
where (relname, deed, attname) not in (select * from door_within)
  and (deed <> 'SELECT' or (relname, attname) not in (select * from door_reads))
union all
select format('the doors may not read %s.%s', relname, attname)
from door_reads where (relname, attname) not in (select relname, attname from held where deed = 'SELECT')
union all
select format('the doors may not %s %s.%s', lower(deed), relname, attname)
from door_within where (relname, deed, attname) not in (select relname, deed, attname from held)
union all
select format('a door would write %s, which belongs to organisations', relname)
from door_writes where relname in (select relname from org_tables)
"""  # noqa: S608  # a constant

DOOR_CHECKS = (UNLISTED, MADE_AS_THEY_MUST, RIGHTS)
