"""export events: exports that could not leave or wait to be fetched; what retention looks through."""

from migrations.schema import drop_tables, run, tenant_table

revision = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None

EXPORT_EVENTS = """
    event_id uuid not null,
    outbox_event_id uuid,
    dedupe_key text check (length(dedupe_key) between 1 and 255),
    lead_id uuid,
    mode text not null check (mode in ('webhook', 'sheets', 'accounting_csv')),
    event_type text not null check (length(event_type) between 1 and 64),
    status text not null check (status in ('stored', 'dead', 'replaying', 'delivered')),
    target_url_host text check (length(target_url_host) <= 255),
    payload jsonb,
    row_count integer check (row_count >= 0),
    attempts integer not null default 0 check (attempts >= 0),
    last_error_code text check (length(last_error_code) <= 128),
    created_at timestamptz not null,
    dead_at timestamptz,
    replay_count integer not null default 0 check (replay_count >= 0),
    last_replayed_at timestamptz,
    last_replayed_by uuid,
    constraint export_events_pkey primary key (org_id, event_id),
    constraint export_events_outbox_event unique (org_id, outbox_event_id),
    constraint export_events_dedupe_key unique (org_id, dedupe_key),
    constraint export_events_stored_without_message check (status <> 'stored' or outbox_event_id is null),
    foreign key (org_id, outbox_event_id) references outbox_events (org_id, event_id) on delete cascade
"""

# Exports that are or once were dead, as the channel would have kept them. Their host is not known any more.
CARRIED_OVER = """
    insert into export_events
        (org_id, event_id, outbox_event_id, lead_id, mode, event_type, status, attempts, last_error_code,
         created_at, dead_at, replay_count, last_replayed_at, last_replayed_by)
    select org_id, event_id, event_id, case when resource_type = 'lead' then resource_id end, 'webhook',
           event_type,
           case status when 'dead' then 'dead' when 'sent' then 'delivered' else 'replaying' end,
           attempts, last_error, created_at, dead_at, replay_count, last_replayed_at, last_replayed_by
      from outbox_events
     where kind = 'export' and (status = 'dead' or replay_count > 0)
"""
BOTH = ("outbox_events", "export_events")

SETTLED_AT = "coalesce(dead_at, sent_at, last_replayed_at, created_at)"


def upgrade() -> None:
    tenant_table("export_events", EXPORT_EVENTS)
    # Forced policies bind the owner too: for this one statement they do not.
    run(
        *(f"alter table {table} no force row level security" for table in BOTH),
        CARRIED_OVER,
        *(f"alter table {table} force row level security" for table in BOTH),
        "create index export_events_newest on export_events (org_id, created_at, event_id)",
        "create index export_events_dead on export_events (org_id, created_at, event_id)"
        " where status = 'dead'",
        # What retention has emptied is in neither: a run costs what is due, however much there once was.
        f"create index outbox_events_kept on outbox_events (org_id, status, ({SETTLED_AT}), event_id)"
        " where next_attempt_at is null and payload <> '{}'",
        "create index email_events_kept on email_events (org_id, created_at, event_id) where recipient <> ''",
    )


def downgrade() -> None:
    run("drop index email_events_kept", "drop index outbox_events_kept")
    drop_tables("export_events")
