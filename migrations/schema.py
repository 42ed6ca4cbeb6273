"""How tables and doors are made: the policies, grants and owners are written here and nowhere else."""

from collections.abc import Mapping, Sequence

from alembic import op

APP = "sweepline_app"
DOORS_OWNER = "sweepline_doors"
CURRENT_ORG = "nullif(current_setting('app.current_org_id', true), '')::uuid"
SEARCH_PATH = "pg_catalog, public, pg_temp"


def run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def tenant_table(name: str, body: str, *, append_only: bool = False, read_only: bool = False) -> None:
    """A table of an organisation. `body` is what follows `org_id`: columns, then keys that start with it.

    `read_only`: a function of the doors writes it, the application itself never does."""
    grants = "select, insert" if append_only else "select, insert, update, delete"
    grants = "select" if read_only else grants
    run(
        f"create table {name} (org_id uuid not null default {CURRENT_ORG} references orgs (id), {body})",
        f"alter table {name} enable row level security",
        f"alter table {name} force row level security",
        f"create policy {name}_org_isolation on {name} "
        f"using (org_id = {CURRENT_ORG}) with check (org_id = {CURRENT_ORG})",
        f"grant {grants} on {name} to {APP}",
    )


def global_table(name: str, body: str, *, grants: str) -> None:
    """A table that belongs to no organisation: list it in catalogue.GLOBAL_TABLES with its reason.

    `grants` is all that the application may do: "select, insert, update (status)"; empty for nothing."""
    run(f"create table {name} ({body})")
    if grants:
        run(f"grant {grants} on {name} to {APP}")


def drop_tables(*names: str) -> None:
    """In the order given: children first."""
    run(*(f"drop table {name}" for name in names))


def door(
    name: str,
    arguments: str,
    returns: str,
    body: str,
    *,
    reads: Mapping[str, Sequence[str]],
    writes: Mapping[str, Sequence[str]] | None = None,
    within: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    language: str = "sql",
    volatility: str = "stable",
) -> None:
    """A function that the application may call and that sees every organisation's rows of the columns named.

    List it in catalogue.DOORS. It runs as a role that cannot log in and has no other right. `writes` is for
    global tables that the application itself may not touch: {"person_secrets": ["insert", "update"]}.
    `within` is for tables of the pinned organisation, whose policy binds the function too:
    {"admin_audit_logs": {"update": ["seq"]}}."""
    for table, actions in (writes or {}).items():
        run(f"grant {', '.join(actions)} on {table} to {DOORS_OWNER}")
    for table, columns in reads.items():
        run(f"grant select ({', '.join(columns)}) on {table} to {DOORS_OWNER}")
        if _is_tenant_table(table):
            policy = f"{table}_org_isolation_door on {table}"
            run(
                f"drop policy if exists {policy}",
                f"create policy {policy} for select to {DOORS_OWNER} using (true)",
            )
    for table, deeds in (within or {}).items():
        for deed, columns in deeds.items():
            run(f"grant {deed} ({', '.join(columns)}) on {table} to {DOORS_OWNER}")
    _make_function(name, arguments, returns, body, f"language {language} {volatility}")


def _make_function(name: str, arguments: str, returns: str, body: str, traits: str) -> None:
    run(
        f"create function {name}({arguments}) returns {returns} {traits} security definer "
        f"set search_path = {SEARCH_PATH} as $door${body}$door$",
        f"revoke all on function {name} from public",
        f"grant execute on function {name} to {APP}",
        # Giving a function away asks that its new owner may create in the schema: for a moment it may.
        f"grant usage, create on schema public to {DOORS_OWNER}",
        f"alter function {name} owner to {DOORS_OWNER}",
        f"revoke create on schema public from {DOORS_OWNER}",
    )


def drop_door(name: str, *, reads: Mapping[str, Sequence[str]]) -> None:
    """What `door` made, with the same `reads`. A table that another door reads needs that one made again."""
    run(f"drop function {name}")
    for table in reads:
        run(
            f"revoke all on {table} from {DOORS_OWNER}",
            f"drop policy if exists {table}_org_isolation_door on {table}",
        )


def _is_tenant_table(table: str) -> bool:
    found = op.get_bind().exec_driver_sql(
        f"select relforcerowsecurity from pg_class where oid = '{table}'::regclass"
    )
    return bool(found.scalar_one())
