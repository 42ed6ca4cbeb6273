"""Teams, their workers and hours, times without work, and how bookings are taken."""

from migrations.schema import drop_tables, run, tenant_table

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _teams()
    _workers()
    _blackouts()
    _booking_settings()


def _teams() -> None:
    tenant_table(
        "teams",
        """
        team_id uuid not null,
        name text not null check (length(name) between 1 and 80),
        name_key text not null,
        color text check (color ~ '^#[0-9a-f]{6}$'),
        is_active boolean not null,
        is_default boolean not null,
        own_hours boolean not null,
        version integer not null check (version > 0),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id, team_id),
        constraint teams_name_key unique (org_id, name_key),
        check (is_active or not is_default)
        """,
    )
    run(
        "create unique index teams_one_default on teams (org_id) where is_default",
        'create index teams_by_name on teams (org_id, name_key collate "C", team_id)',
    )
    tenant_table(
        "working_hours",
        """
        team_id uuid not null,
        day_of_week integer not null check (day_of_week between 0 and 6),
        start_minute integer not null check (start_minute >= 0),
        end_minute integer not null check (end_minute <= 1440),
        primary key (org_id, team_id, day_of_week, start_minute),
        foreign key (org_id, team_id) references teams (org_id, team_id) on delete cascade,
        check (end_minute > start_minute)
        """,
    )


def _workers() -> None:
    tenant_table(
        "workers",
        """
        worker_id uuid not null,
        name text not null check (length(name) between 1 and 120),
        name_key text not null,
        team_id uuid not null,
        phone text check (length(phone) <= 32),
        email text check (length(email) <= 254),
        role text check (length(role) <= 120),
        role_key text not null,
        search_key text not null,
        hourly_rate_cents integer check (hourly_rate_cents between 0 and 1000000),
        user_id uuid,
        is_active boolean not null,
        version integer not null check (version > 0),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        primary key (org_id, worker_id),
        foreign key (org_id, team_id) references teams (org_id, team_id),
        foreign key (org_id, user_id) references memberships (org_id, user_id),
        constraint workers_user_id_key unique (org_id, user_id)
        """,
    )
    run(
        'create index workers_by_name on workers (org_id, name_key collate "C", worker_id)',
        "create index workers_by_team on workers (org_id, team_id)",
    )
    tenant_table(
        "worker_skills",
        """
        worker_id uuid not null,
        position integer not null,
        tag text not null check (length(tag) between 1 and 40),
        tag_key text not null,
        expires_on date,
        primary key (org_id, worker_id, tag_key),
        foreign key (org_id, worker_id) references workers (org_id, worker_id) on delete cascade
        """,
    )


def _blackouts() -> None:
    tenant_table(
        "blackouts",
        """
        blackout_id uuid not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        reason text check (length(reason) <= 255),
        team_id uuid,
        worker_id uuid,
        created_by uuid,
        created_at timestamptz not null,
        primary key (org_id, blackout_id),
        foreign key (org_id, team_id) references teams (org_id, team_id),
        foreign key (org_id, worker_id) references workers (org_id, worker_id),
        check (ends_at > starts_at and ends_at - starts_at <= interval '366 days'),
        check (team_id is null or worker_id is null)
        """,
    )
    run(
        "create index blackouts_by_start on blackouts (org_id, starts_at, blackout_id)",
        "create index blackouts_by_team on blackouts (org_id, team_id)",
        "create index blackouts_by_worker on blackouts (org_id, worker_id)",
    )


def _booking_settings() -> None:
    tenant_table(
        "booking_settings",
        """
        slot_step_minutes integer not null check (slot_step_minutes in (15, 30, 60)),
        min_notice_minutes integer not null check (min_notice_minutes between 0 and 20160),
        horizon_days integer not null check (horizon_days between 1 and 365),
        default_hours jsonb not null,
        online_booking boolean not null,
        auto_confirm boolean not null,
        pending_ttl_minutes integer not null check (pending_ttl_minutes between 10 and 1440),
        deposit_bps integer not null check (deposit_bps between 0 and 10000),
        deposit_min_cents bigint not null check (deposit_min_cents >= 0),
        deposit_max_cents bigint not null check (deposit_max_cents >= deposit_min_cents),
        high_value_cents bigint not null check (high_value_cents >= 0),
        flagged_postal_prefixes text[] not null check (cardinality(flagged_postal_prefixes) <= 50),
        office_email text check (length(office_email) <= 254),
        version integer not null check (version > 0),
        updated_at timestamptz not null,
        primary key (org_id)
        """,
    )


def downgrade() -> None:
    drop_tables("booking_settings", "blackouts", "worker_skills", "workers", "working_hours", "teams")
