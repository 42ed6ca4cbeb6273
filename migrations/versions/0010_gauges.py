"""gauges: what the metrics of the installation are counted from."""

from migrations.schema import door, drop_door, run

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

READS = {
    "outbox_events": ["org_id", "event_id", "kind", "status", "next_attempt_at", "lease_expires_at"],
}

# Two halves, each along a partial index: what was sent, by far the most, is not looked at.
QUEUES = """
    select kind, status, count(*), min(next_attempt_at) filter (where next_attempt_at <= due_at),
           count(*) filter (where lease_expires_at > due_at)
      from outbox_events where next_attempt_at is not null group by kind, status
    union all
    select kind, status, count(*), null, 0 from outbox_events where status = 'dead' group by kind, status
"""


def upgrade() -> None:
    run(
        "alter table job_heartbeats add column errors jsonb not null default '{}'",
        "create index outbox_events_dead on outbox_events (org_id, created_at, event_id)"
        " where status = 'dead'",
    )
    door(
        "delivery_queues",
        "due_at timestamptz",
        "table (kind text, status text, messages bigint, oldest_due_at timestamptz, in_flight bigint)",
        QUEUES,
        reads=READS,
    )


def downgrade() -> None:
    drop_door("delivery_queues", reads={})
    run(
        "revoke select (kind, status, lease_expires_at) on outbox_events from sweepline_doors",
        "drop index outbox_events_dead",
        "alter table job_heartbeats drop column errors",
    )
