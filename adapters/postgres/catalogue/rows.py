"""Row-level security: on, forced, and by our policy alone."""

from adapters.postgres.catalogue.tables import CURRENT_ORG

ISOLATION = f"(org_id = {CURRENT_ORG})"

ENABLED = """
select format('row-level security of %s is not %s', relname,
  case when relrowsecurity then 'forced' else 'enabled' end)
from org_tables where not relrowsecurity or not relforcerowsecurity
"""

POLICY = f"""
select format('%s lacks the policy %s_org_isolation as it must read', relname, relname) from org_tables
where not exists (
  select from pg_policy p
  where p.polrelid = org_tables.oid and p.polname = relname || '_org_isolation'
    and p.polcmd = '*' and p.polpermissive and p.polroles = array[0::oid]
    and pg_get_expr(p.polqual, p.polrelid) = $${ISOLATION}$$
    and pg_get_expr(p.polwithcheck, p.polrelid) = $${ISOLATION}$$
)
"""  # noqa: S608  # a constant

DOOR_POLICIES = """
, door_policies as (
  select p.oid, p.polrelid from pg_policy p join org_tables t on t.oid = p.polrelid
  where p.polname = t.relname || '_org_isolation_door'
    and t.relname in (select relname from door_reads)
    and p.polcmd = 'r' and p.polpermissive and p.polwithcheck is null
    and p.polroles = array(select oid from roles where rolname = 'sweepline_doors')
    and pg_get_expr(p.polqual, p.polrelid) = 'true'
)
"""

DOOR_POLICY = f"""{DOOR_POLICIES}
select format('%s lacks the policy %s_org_isolation_door: its doors see no row', relname, relname)
from org_tables where relname in (select relname from door_reads)
  and oid not in (select polrelid from door_policies)
"""  # noqa: S608  # a constant

OTHER_POLICIES = f"""{DOOR_POLICIES}
select format('the policy %s of %s is not one of ours', p.polname, ours.relname)
from pg_policy p join ours on ours.oid = p.polrelid
where p.polname <> ours.relname || '_org_isolation' and p.oid not in (select oid from door_policies)
"""  # noqa: S608  # a constant

ROW_CHECKS = (ENABLED, POLICY, DOOR_POLICY, OTHER_POLICIES)
