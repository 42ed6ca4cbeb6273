"""leases of other hands: one is its token and its end; whose it is, and since when, may be unknown."""

from migrations.schema import run

revision = "0033"
down_revision: str | None = "0032"
branch_labels = None
depends_on = None

NAME = "outbox_events_lease_is_whole"
BEFORE = """
    (lease_token is null) = (lease_expires_at is null)
    and (lease_token is null) = (lease_started_at is null)
    and (lease_token is null) = (lease_runner is null)
    and (lease_token is null or next_attempt_at is not null)"""
AFTER = """
    (lease_token is null) = (lease_expires_at is null)
    and (lease_token is not null or (lease_started_at is null and lease_runner is null))
    and (lease_token is null or next_attempt_at is not null)"""


def upgrade() -> None:
    run(
        f"alter table outbox_events drop constraint {NAME}, add constraint {NAME} check ({AFTER}),"
        " alter column created_at set default now()",
    )


def downgrade() -> None:
    """A lease that is not whole is ended: its message is due again, as when a lease runs out unseen."""
    run(
        "alter table outbox_events no force row level security",  # else the owner would see no row
        "update outbox_events set lease_token = null, lease_expires_at = null, lease_started_at = null,"
        " lease_runner = null where lease_token is not null"
        " and (lease_started_at is null or lease_runner is null)",
        "alter table outbox_events force row level security",
        f"alter table outbox_events drop constraint {NAME}, add constraint {NAME} check ({BEFORE}),"
        " alter column created_at drop default",
    )
