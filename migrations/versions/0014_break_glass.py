"""break-glass: the sessions under which a read-only organisation may write."""

from migrations.schema import drop_tables, run, tenant_table

revision = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None

SESSIONS = """
    break_glass_session_id uuid not null,
    token_sha256 bytea not null,
    reason text not null check (length(reason) between 1 and 500),
    started_by text not null check (length(started_by) <= 254),
    started_by_id uuid,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by text check (length(revoked_by) <= 254),
    primary key (org_id, break_glass_session_id),
    unique (org_id, token_sha256),
    check ((revoked_at is null) = (revoked_by is null))
"""


def upgrade() -> None:
    tenant_table("break_glass_sessions", SESSIONS)
    run("create index break_glass_sessions_by_starter on break_glass_sessions (org_id, started_by_id)")


def downgrade() -> None:
    drop_tables("break_glass_sessions")
