"""runners at work: a job says which runners are at it, so that one that ends hides no other."""

from migrations.schema import run

revision = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A runner of the former release cannot write its pulses until it is restarted; its jobs go on."""
    run(
        "alter table job_heartbeats add column at_work jsonb not null default '{}'",
        "alter table job_heartbeats drop column running_since",
    )


def downgrade() -> None:
    run(
        "alter table job_heartbeats drop column at_work",
        "alter table job_heartbeats add column running_since timestamptz",
    )
