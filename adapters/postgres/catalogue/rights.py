"""What the roles are and what they were granted."""

ROLES = """
select format('the role %s does not exist', name)
from unnest(array['sweepline_app', 'sweepline_doors']) as wanted (name)
where name not in (select rolname from roles)
union all
select format('the role %s is more than a role of the application: %s', rolname, traits)
from roles, concat_ws(', ',
  case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
  case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
  case when rolreplication then 'replication' end,
  case when rolcanlogin and rolname = 'sweepline_doors' then 'login' end) as traits
where traits <> ''
"""

MEMBERSHIPS = """
select format('%s is a member of %s', roles.rolname, granted.rolname)
from pg_auth_members m join roles on roles.oid = m.member join pg_roles granted on granted.oid = m.roleid
"""

OWNERSHIP = """
select format('%s owns %s', roles.rolname, pg_describe_object(d.classid, d.objid, 0))
from pg_shdepend d join roles on roles.oid = d.refobjid
where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o'
  and d.dbid in (0, (select oid from pg_database where datname = current_database()))
  and not (roles.rolname = 'sweepline_doors' and d.classid = 'pg_proc'::regclass)
"""

# Whatever is granted on a table is read from its own list: to the application, to the doors, to nobody else.
GRANTS = """
, granted as (
  select ours.oid, ours.relname, ours.relkind, acl.grantee, acl.privilege_type as deed, acl.is_grantable,
    coalesce(roles.rolname, nullif(acl.grantee::regrole::text, '-'), 'everybody') as grantee_name
  from ours cross join aclexplode(ours.relacl) as acl left join roles on roles.oid = acl.grantee
  where ours.relkind in ('r', 'p', 'v') and acl.grantee <> ours.relowner
  union all
  select ours.oid, ours.relname, ours.relkind, acl.grantee, acl.privilege_type || ' of columns',
    acl.is_grantable,
    coalesce(roles.rolname, nullif(acl.grantee::regrole::text, '-'), 'everybody')
  from ours join pg_attribute a on a.attrelid = ours.oid cross join aclexplode(a.attacl) as acl
  left join roles on roles.oid = acl.grantee
  where ours.relkind in ('r', 'p', 'v') and acl.grantee <> ours.relowner
)
"""

STRANGERS = f"""{GRANTS}
select distinct format('%s may %s %s', grantee_name, lower(deed), relname) from granted
where grantee_name not in ('sweepline_app', 'sweepline_doors') or is_grantable
"""  # noqa: S608  # a constant

APPLICATION = f"""{GRANTS}
select distinct format('the application may %s %s', lower(deed), relname) from granted
where grantee_name = 'sweepline_app' and (
  split_part(deed, ' ', 1) not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  or (split_part(deed, ' ', 1) in ('UPDATE', 'DELETE') and relname in (select name from append_only))
  or (split_part(deed, ' ', 1) = 'INSERT' and relname in (select name from read_only))
)
"""  # noqa: S608  # a constant

CREATION = """
select format('%s may create in the schema %s',
  coalesce(nullif(acl.grantee::regrole::text, '-'), 'everybody'), nspname)
from schemas join pg_namespace n using (oid, nspname) cross join aclexplode(n.nspacl) as acl
where acl.privilege_type = 'CREATE' and acl.grantee <> n.nspowner
  and (acl.grantee = 0 or acl.grantee in (select oid from roles))
union all
select format('%s may create in the database', rolname) from roles
where has_database_privilege(oid, current_database(), 'CREATE')
"""

RUNNING_ROLE = """
select format('the role %s must not run the application: it %s', rolname, reason)
from pg_roles role cross join lateral (values
  (rolsuper, 'is a superuser'),
  (rolbypassrls, 'bypasses row-level security'),
  (exists (select from org_tables where pg_has_role(role.oid, relowner, 'member')),
    'may act as an owner of tables'),
  (pg_has_role(role.oid, to_regrole('sweepline_doors'), 'member'), 'may act as the owner of the doors')
) as judged (bad, reason)
where rolname = current_user and bad
"""

RIGHT_CHECKS = (ROLES, MEMBERSHIPS, OWNERSHIP, STRANGERS, APPLICATION, CREATION)
