"""time_entries: one clock for each worker of a booking; the database lets one of a worker's run at a time."""

from migrations.schema import drop_tables, run, tenant_table

revision = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None

TIME_ENTRIES = """
    entry_id uuid not null,
    booking_id uuid not null,
    worker_id uuid not null,
    state text not null check (state in ('RUNNING', 'PAUSED', 'FINISHED')),
    segment_starts timestamptz[] not null,
    segment_ends timestamptz[] not null,
    started_at timestamptz not null,
    last_ended_at timestamptz,
    finished_at timestamptz,
    overrun_reason text check (overrun_reason in ('access_delay', 'extra_dirt', 'client_request',
        'supplies_missing', 'estimate_wrong', 'parking_delay', 'other')),
    note text check (length(note) <= 1000),
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (org_id, entry_id),
    foreign key (org_id, booking_id) references bookings (org_id, booking_id),
    foreign key (org_id, worker_id) references workers (org_id, worker_id),
    constraint time_entries_one_clock unique (org_id, booking_id, worker_id),
    check (cardinality(segment_starts) >= 1 and cardinality(segment_starts) = cardinality(segment_ends)),
    check (started_at = segment_starts[1]),
    check ((state = 'RUNNING') = (last_ended_at is null)),
    check ((state = 'FINISHED') = (finished_at is not null))
"""


def upgrade() -> None:
    tenant_table("time_entries", TIME_ENTRIES)
    run(
        "create unique index time_entries_one_running on time_entries (org_id, worker_id) "
        "where state = 'RUNNING'",
        "create index time_entries_by_start on time_entries (org_id, started_at desc, entry_id)",
        "create index time_entries_by_worker on time_entries (org_id, worker_id, started_at desc, entry_id)",
    )


def downgrade() -> None:
    drop_tables("time_entries")
