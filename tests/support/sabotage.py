"""Ways to break the walls between organisations, each with the sentence that must give it away."""

from dataclasses import dataclass

CURRENT = "nullif(current_setting('app.current_org_id', true), '')::uuid"

SOUND = f"""
create table pets (
  org_id uuid not null default {CURRENT} references orgs (id), pet_id uuid not null, name text,
  mother_id uuid, primary key (org_id, pet_id), unique (org_id, name),
  constraint pets_mother foreign key (org_id, mother_id) references pets (org_id, pet_id)
    on delete set null (mother_id),
  constraint pets_names exclude using gist (org_id with =, name with =)
);
alter table pets enable row level security;
alter table pets force row level security;
create policy pets_org_isolation on pets using (org_id = {CURRENT}) with check (org_id = {CURRENT});
grant select, insert, update, delete on pets to sweepline_app;
create view pets_by_name with (security_invoker = true) as select * from pets;
"""  # a constant
"""A table as it must be: every sabotage is one step away from it, or from a table of ours."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    name: str
    statements: str
    sentence: str  # part of the fault that must be reported


def policy(clauses: str) -> str:
    return f"drop policy pets_org_isolation on pets; create policy pets_org_isolation on pets {clauses}"


OURS = f"org_id = {CURRENT}"
LACKS = "pets lacks the policy pets_org_isolation"

ON_TABLES = (
    Sabotage("unlisted", "create table notes (note_id uuid primary key)", "notes has no org_id"),
    Sabotage(
        "global_gone", "alter table orgs rename to companies", "orgs is on the list of global tables, but"
    ),
    Sabotage(
        "global_owned", "alter table orgs add org_id uuid", "orgs is on the list of global tables, but has"
    ),
    Sabotage(
        "org_nullable",
        "alter table pets drop constraint pets_pkey cascade; alter table pets alter org_id drop not null",
        'pets.org_id is not "uuid not null"',
    ),
    Sabotage("org_not_filled", "alter table pets alter org_id drop default", 'pets.org_id is not "uuid'),
    Sabotage(
        "key_order",
        "alter table pets drop constraint pets_pkey cascade; "
        "alter table pets add primary key (pet_id, org_id)",
        "the primary key of pets",
    ),
    Sabotage(
        "org_unknown", "alter table pets drop constraint pets_org_id_fkey", "pets.org_id does not reference"
    ),
    Sabotage(
        "plain_reference",
        "create unique index loose on pets (pet_id);"
        "alter table usage_events add pet uuid,"
        " add constraint stray foreign key (pet) references pets (pet_id)",
        "stray of usage_events may point",
    ),
    Sabotage(
        "crossed_reference",
        "alter table pets add constraint crossed "
        "foreign key (mother_id, org_id) references pets (org_id, pet_id)",
        "crossed of pets may point",
    ),
    Sabotage(
        "reference_from_global",
        "alter table orgs add pet_id uuid, add constraint favourite foreign key (id, pet_id) references pets",
        "favourite of orgs may point",
    ),
    Sabotage(
        "clears_org",
        "alter table pets add constraint gone "
        "foreign key (org_id, mother_id) references pets on delete set null",
        "gone of pets would clear org_id",
    ),
    Sabotage(
        "unique_without_org", "create unique index names on pets (name)", "the unique key names of pets"
    ),
    Sabotage(
        "unique_org_last", "create unique index names on pets (name, org_id)", "the unique key names of pets"
    ),
    Sabotage(
        "exclusion_without_org",
        "alter table pets add constraint alone exclude using gist (name with =)",
        "the exclusion constraint alone of pets",
    ),
    Sabotage(
        "exclusion_other_orgs",
        "alter table pets add constraint apart exclude using gist (name with =, org_id with <>)",
        "the exclusion constraint apart of pets",
    ),
    Sabotage(
        "snapshot", "create materialized view copies as select * from pets", "copies is a materialised view"
    ),
    Sabotage(
        "foreign_table",
        "create foreign data wrapper far; create server away foreign data wrapper far;"
        "create foreign table distant (pet_id uuid) server away",
        "distant is a foreign table",
    ),
    Sabotage(
        "owners_view", "create view all_pets as select * from pets", "the view all_pets reads with its owner"
    ),
    Sabotage(
        "rule",
        "create rule copying as on insert to pets do also select 1",
        "the rule copying of pets acts with its owner",
    ),
    Sabotage(
        "partition",
        f"create table visits (org_id uuid not null default {CURRENT} references orgs,"
        " visit_id uuid not null,"
        " primary key (org_id, visit_id)) partition by list (org_id);"
        "alter table visits enable row level security; alter table visits force row level security;"
        f"create policy visits_org_isolation on visits using ({OURS}) with check ({OURS});"
        "create table visits_rest partition of visits default",
        "row-level security of visits_rest is not enabled",
    ),
)

ON_ROWS = (
    Sabotage("rls_off", "alter table pets disable row level security", "security of pets is not enabled"),
    Sabotage(
        "rls_not_forced",
        "alter table org_profiles no force row level security",
        "security of org_profiles is not forced",
    ),
    Sabotage("no_policy", "drop policy pets_org_isolation on pets", LACKS),
    Sabotage("open_policy", policy("using (true) with check (true)"), LACKS),
    Sabotage("open_writes", policy(f"using ({OURS}) with check (true)"), LACKS),
    Sabotage("unchecked_writes", policy(f"using ({OURS})"), LACKS),
    Sabotage("reads_only", policy(f"for select using ({OURS})"), LACKS),
    Sabotage("one_role", policy(f"to sweepline_app using ({OURS}) with check ({OURS})"), LACKS),
    Sabotage("restrictive", policy(f"as restrictive using ({OURS}) with check ({OURS})"), LACKS),
    Sabotage(
        "unset_shows_all",
        policy(f"using ({CURRENT} is null or {OURS}) with check ({OURS})"),
        LACKS,
    ),
    Sabotage(
        "second_policy", "create policy support on pets for select using (true)", "the policy support of pets"
    ),
    Sabotage(
        "door_policy_unlisted",
        "create policy pets_org_isolation_door on pets for select to sweepline_doors using (true)",
        "the policy pets_org_isolation_door of pets is not one of ours",
    ),
)

ON_RIGHTS = (
    Sabotage("app_superuser", "alter role sweepline_app superuser", "sweepline_app is more than a role"),
    Sabotage("app_bypass", "alter role sweepline_app bypassrls", "sweepline_app is more than a role"),
    Sabotage("app_makes_roles", "alter role sweepline_app createrole", "sweepline_app is more than a role"),
    Sabotage("doors_log_in", "alter role sweepline_doors login", "sweepline_doors is more than a role"),
    Sabotage(
        "app_as_owner",
        "grant sweepline_owner to sweepline_app",
        "sweepline_app is a member of sweepline_owner",
    ),
    Sabotage(
        "app_as_doors",
        "grant sweepline_doors to sweepline_app",
        "sweepline_app is a member of sweepline_doors",
    ),
    Sabotage("app_owns", "alter table pets owner to sweepline_app", "sweepline_app owns table pets"),
    Sabotage("doors_own", "alter table pets owner to sweepline_doors", "sweepline_doors owns table pets"),
    Sabotage("truncate", "grant truncate on pets to sweepline_app", "the application may truncate pets"),
    Sabotage("triggers", "grant trigger on pets to sweepline_app", "the application may trigger pets"),
    Sabotage("everybody", "grant select on pets to public", "everybody may select pets"),
    Sabotage(
        "everybody_column", "grant select (name) on pets to public", "everybody may select of columns pets"
    ),
    Sabotage(
        "hands_on", "grant select on pets to sweepline_app with grant option", "sweepline_app may select pets"
    ),
    Sabotage(
        "log_rewritten", "grant update on admin_audit_logs to sweepline_app", "may update admin_audit_logs"
    ),
    Sabotage(
        "log_column",
        "grant update (reason) on admin_audit_logs to sweepline_app",
        "may update of columns admin_audit_logs",
    ),
    Sabotage(
        "head_row", "grant insert on audit_heads to sweepline_app", "the application may insert audit_heads"
    ),
    Sabotage(
        "app_creates",
        "grant create on schema public to sweepline_app",
        "sweepline_app may create in the schema",
    ),
    Sabotage(
        "everybody_creates", "grant create on schema public to public", "everybody may create in the schema"
    ),
)

ON_DOORS = (
    Sabotage(
        "unlisted_definer",
        "create function peek() returns bigint language sql security definer return 1",
        "the function peek acts with its owner's rights",
    ),
    Sabotage(
        "unlisted_of_doors",
        "create function peek() returns bigint language sql return 1;"
        "alter function peek owner to sweepline_doors",
        "the function peek acts with its owner's rights",
    ),
    Sabotage("door_gone", "drop function session_state", "the door session_state stands 0 times"),
    Sabotage(
        "door_twice",
        "create function session_state() returns bigint language sql return 1",
        "the door session_state stands 2 times",
    ),
    Sabotage(
        "door_of_superuser",
        "alter function session_state owner to current_user",
        "the door session_state belongs to",
    ),
    Sabotage(
        "door_invoker", "alter function session_state security invoker", "the door session_state does not act"
    ),
    Sabotage(
        "door_path",
        "alter function session_state reset search_path",
        "the door session_state does not fix its search",
    ),
    Sabotage(
        "door_open",
        "grant execute on function session_state to public",
        "the door session_state is open to others",
    ),
    Sabotage("doors_see_more", "grant select on pets to sweepline_doors", "the doors may select pets"),
    Sabotage(
        "doors_see_column", "grant select (name) on pets to sweepline_doors", "the doors may select pets.name"
    ),
    Sabotage("doors_write", "grant update on sessions to sweepline_doors", "the doors may update sessions"),
    Sabotage(
        "sealer_writes_more",
        "grant update (reason) on admin_audit_logs to sweepline_doors",
        "the doors may update admin_audit_logs.reason",
    ),
    Sabotage(
        "sealer_bound",
        "revoke update (hash) on admin_audit_logs from sweepline_doors",
        "the doors may not update admin_audit_logs.hash",
    ),
    Sabotage(
        "doors_blind",
        "revoke select (user_id) on sessions from sweepline_doors",
        "may not read sessions.user_id",
    ),
    Sabotage(
        "door_policy_gone",
        "drop policy sessions_org_isolation_door on sessions",
        "sessions lacks the policy sessions_org_isolation_door",
    ),
    Sabotage(
        "door_policy_wide",
        "drop policy sessions_org_isolation_door on sessions;"
        "create policy sessions_org_isolation_door on sessions for all to sweepline_doors using (true)",
        "the policy sessions_org_isolation_door of sessions is not one of ours",
    ),
    Sabotage(
        "door_policy_for_all_roles",
        "alter policy sessions_org_isolation_door on sessions to public",
        "the policy sessions_org_isolation_door of sessions is not one of ours",
    ),
)

ALL = (*ON_TABLES, *ON_ROWS, *ON_RIGHTS, *ON_DOORS)
