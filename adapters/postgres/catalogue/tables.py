"""What makes a table an organisation's: its first column, its keys, its references."""

CURRENT_ORG = "(NULLIF(current_setting('app.current_org_id'::text, true), ''::text))::uuid"

UNLISTED = """
select format('%s has no org_id and is not on the list of global tables', relname) from ours
where relkind in ('r', 'p') and oid not in (select oid from org_tables)
  and relname not in (select name from global_tables)
"""

LISTED_WRONGLY = """
select format('%s is on the list of global tables, but %s', name,
  case when org_tables.oid is null then 'does not exist' else 'has an org_id' end)
from global_tables left join ours on ours.relname = name and ours.relkind in ('r', 'p')
left join org_tables on org_tables.relname = name
where ours.oid is null or org_tables.oid is not null
"""

ORG_COLUMN = f"""
select format('%s.org_id is not "uuid not null" filled in from the transaction', relname) from org_tables
left join pg_attrdef d on d.adrelid = org_tables.oid and d.adnum = org_attnum
where not attnotnull or atttypid <> 'uuid'::regtype
  or pg_get_expr(d.adbin, d.adrelid) is distinct from $${CURRENT_ORG}$$
"""  # noqa: S608  # a constant

PRIMARY_KEY = """
select format('the primary key of %s does not start with org_id', relname) from org_tables
where not exists (
  select from pg_index i where i.indrelid = org_tables.oid and i.indisprimary and i.indkey[0] = org_attnum
)
"""

ORG_EXISTS = """
select format('%s.org_id does not reference orgs', relname) from org_tables
where not exists (
  select from pg_constraint k where k.conrelid = org_tables.oid and k.contype = 'f' and k.convalidated
    and k.conkey = array[org_attnum] and k.confrelid = to_regclass('public.orgs')
)
"""

# conkey and confkey are paired by position: org_id must meet org_id, or a row could point at another's.
REFERENCES = """
select format('%s of %s may point at the row of another organisation', k.conname, child.relname)
from pg_constraint k join ours child on child.oid = k.conrelid
join org_tables parent on parent.oid = k.confrelid
left join org_tables tenant on tenant.oid = k.conrelid
where k.contype = 'f' and (tenant.oid is null or not exists (
  select from unnest(k.conkey, k.confkey) as pair (ours, theirs)
  where pair.ours = tenant.org_attnum and pair.theirs = parent.org_attnum
))
"""

UNMOORED = """
select format('%s of %s would clear org_id when its parent goes', k.conname, t.relname)
from pg_constraint k join org_tables t on t.oid = k.conrelid
where k.contype = 'f' and (
  (k.confdeltype in ('n', 'd') and (k.confdelsetcols is null or t.org_attnum = any(k.confdelsetcols)))
  or k.confupdtype in ('n', 'd')
)
"""

UNIQUE_KEYS = """
select format('the unique key %s of %s does not start with org_id', key.relname, t.relname)
from org_tables t join pg_index i on i.indrelid = t.oid join pg_class key on key.oid = i.indexrelid
where i.indisunique and not i.indisexclusion and i.indkey[0] <> t.org_attnum
"""

EXCLUSIONS = """
select format('the exclusion constraint %s of %s compares rows of different organisations',
  k.conname, t.relname)
from pg_constraint k join org_tables t on t.oid = k.conrelid
where k.contype = 'x' and not exists (
  select from unnest(k.conkey, k.conexclop) as pair (attnum, operator)
  where pair.attnum = t.org_attnum and pair.operator = '=(uuid,uuid)'::regoperator
)
"""

OTHER_RELATIONS = """
select format('%s is a %s, which knows no policies', relname,
  case relkind when 'm' then 'materialised view' else 'foreign table' end)
from ours where relkind in ('m', 'f')
union all
select format('the view %s reads with its owner''s rights', relname) from ours
where relkind = 'v'
  and not coalesce(reloptions && array['security_invoker=true', 'security_invoker=on'], false)
union all
select format('the rule %s of %s acts with its owner''s rights', r.rulename, relname)
from pg_rewrite r join ours on ours.oid = r.ev_class where ours.relkind in ('r', 'p')
"""

TABLE_CHECKS = (
    UNLISTED,
    LISTED_WRONGLY,
    ORG_COLUMN,
    PRIMARY_KEY,
    ORG_EXISTS,
    REFERENCES,
    UNMOORED,
    UNIQUE_KEYS,
    EXCLUSIONS,
    OTHER_RELATIONS,
)
