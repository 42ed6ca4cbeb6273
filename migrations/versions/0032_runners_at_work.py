"""runners at work: a job says which runners are at it, so that one that ends hides no other."""

from importlib import import_module

from migrations.schema import global_table, run

revision = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None

first = import_module("migrations.versions.0006_delivery")
KEPT = (
    "name, last_heartbeat, last_success_at, last_error, last_error_at, consecutive_failures, last_started_at,"
    " last_duration_ms, next_run_at, runners, errors"
)


def upgrade() -> None:
    """A runner of the former release cannot write its pulses until it is restarted; its jobs go on."""
    run(
        "alter table job_heartbeats add column at_work jsonb not null default '{}'",
        "alter table job_heartbeats drop column running_since",
    )


def downgrade() -> None:
    """The table is made again: a column that is put back stands last, and here it stood in the middle."""
    run(
        "create temporary table kept on commit drop as select * from job_heartbeats",
        "drop table job_heartbeats",
    )
    columns = f"{first.JOB_HEARTBEATS}, errors jsonb not null default '{{}}'"
    global_table("job_heartbeats", columns, grants="select, insert, update")
    run(f"insert into job_heartbeats ({KEPT}) select {KEPT} from kept")
