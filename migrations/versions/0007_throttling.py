"""Counters of wrong tries; which of the refused ones shut whose door."""

from migrations.schema import drop_tables, global_table, run

revision = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    global_table(
        "throttle_counters",
        """
        counter_key bytea primary key,
        tries timestamptz[] not null default '{}',
        in_a_row integer not null default 0 check (in_a_row >= 0),
        known_until timestamptz,
        expires_at timestamptz default now()
        """,
        grants="select, insert, update, delete",
    )
    run(
        "create index throttle_counters_over on throttle_counters (expires_at)",
        "alter table auth_failures add column lockout text"
        " check (lockout in ('password', 'in_a_row', 'second_factor')),"
        " add column user_id uuid references persons (user_id)",
    )


def downgrade() -> None:
    run("alter table auth_failures drop column user_id, drop column lockout")
    drop_tables("throttle_counters")
