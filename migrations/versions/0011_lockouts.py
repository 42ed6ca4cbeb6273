"""Who was told that a door was shut; refused proofs are kept for a time and then no more."""

from migrations.schema import APP, run

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(
        "alter table auth_failures add column told_at timestamptz",
        "create index auth_failures_untold on auth_failures (occurred_at)"
        " where lockout is not null and user_id is not null and told_at is null",
        "create index auth_failures_by_age on auth_failures (occurred_at)",
        f"grant select, update (told_at), delete on auth_failures to {APP}",
    )


def downgrade() -> None:
    run(
        f"revoke select, update (told_at), delete on auth_failures from {APP}",
        "drop index auth_failures_by_age",
        "alter table auth_failures drop column told_at",
    )
