"""work_state: what the clocks of a booking say, beside it; no clock has run yet."""

from migrations.schema import run

revision = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(
        "alter table bookings add column work_state text not null default 'not_started' "
        "check (work_state in ('not_started', 'running', 'paused', 'finished'))",
        "alter table bookings alter column work_state drop default",
    )


def downgrade() -> None:
    run("alter table bookings drop column work_state")
