"""What every context stands on: organisations, the audit log, usage, idempotency keys."""

from migrations.schema import APP, DOORS_OWNER, drop_tables, global_table, run, tenant_table

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(
        "create extension if not exists btree_gist",
        "revoke create on schema public from public",
        f"grant usage on schema public to {APP}",
        f"grant select on alembic_version to {APP}",  # readiness asks for it
    )
    global_table(
        "orgs",
        """
        id uuid primary key,
        slug text not null constraint orgs_slug_key unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
        status text not null check (status in ('active', 'suspended')),
        created_at timestamptz not null
        """,
        grants="select, insert, update (slug, status)",
    )
    tenant_table(
        "org_profiles",
        """
        name text not null check (length(name) between 1 and 120),
        timezone text not null,
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        travel_buffer_minutes integer not null check (travel_buffer_minutes between 0 and 240),
        branding_display_name text,
        branding_logo_url text,
        branding_primary_color text not null,
        branding_email_from_name text,
        branding_reply_to text,
        branding_footer_text text,
        contact_email text,
        contact_phone text,
        contact_address text,
        contact_country text,
        version integer not null check (version > 0),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id)
        """,
    )
    _audit()
    _counters()


def _audit() -> None:
    tenant_table(
        "admin_audit_logs",
        """
        audit_id uuid not null,
        seq bigint,
        created_at timestamptz not null,
        action text not null,
        outcome text not null check (outcome in ('ok', 'refused', 'failed')),
        actor text not null,
        actor_id uuid,
        role text,
        auth_method text not null,
        resource_type text not null,
        resource_id uuid,
        reason text,
        before jsonb check (pg_column_size(before) <= 16384),
        after jsonb check (pg_column_size(after) <= 16384),
        request_id text not null,
        ip text,
        user_agent text,
        break_glass_session_id uuid,
        prev_hash bytea,
        hash bytea,
        primary key (org_id, audit_id),
        unique (org_id, seq),
        check ((seq is null) = (hash is null) and (seq is null) = (prev_hash is null))
        """,
        append_only=True,
    )
    run("create index admin_audit_logs_unsealed on admin_audit_logs (org_id, audit_id) where seq is null")


def _counters() -> None:
    tenant_table(
        "usage_events",
        """
        usage_id uuid not null,
        metric text not null check (metric in ('worker_created', 'booking_created', 'storage_bytes')),
        quantity bigint not null,
        resource_id uuid not null,
        recorded_at timestamptz not null,
        primary key (org_id, usage_id)
        """,
        append_only=True,
    )
    run("create index usage_events_by_metric on usage_events (org_id, metric, recorded_at)")
    tenant_table(
        "idempotency_keys",
        """
        caller text not null,
        key text not null,
        method text not null,
        path text not null,
        body_hash bytea not null,
        state text not null check (state in ('claimed', 'done')),
        status integer,
        body bytea,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        primary key (org_id, caller, key)
        """,
    )
    run("create index idempotency_keys_expiry on idempotency_keys (org_id, expires_at)")


def downgrade() -> None:
    drop_tables("idempotency_keys", "usage_events", "admin_audit_logs", "org_profiles", "orgs")
    run(
        f"revoke usage on schema public from {APP}",
        f"revoke usage on schema public from {DOORS_OWNER}",
    )
