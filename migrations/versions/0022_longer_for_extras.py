"""bookings.extended_minutes: by how much a slot was made longer for extras that were added later."""

from migrations.schema import run

revision = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(
        "alter table bookings add column extended_minutes integer not null default 0"
        " check (extended_minutes >= 0)"
    )


def downgrade() -> None:
    run("alter table bookings drop column extended_minutes")
