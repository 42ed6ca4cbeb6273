"""delivery: the outbox with its attempts, the mails, and the pulses of the jobs."""

from migrations.schema import door, drop_door, drop_tables, global_table, run, tenant_table

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None

OUTBOX_EVENTS = """
    event_id uuid not null,
    kind text not null check (length(kind) between 1 and 64),
    event_type text not null check (length(event_type) between 1 and 64),
    dedupe_key text not null check (length(dedupe_key) between 1 and 255),
    resource_type text check (length(resource_type) <= 64),
    resource_id uuid,
    payload jsonb not null,
    secret_sealed bytea,
    status text not null default 'pending' check (status in ('pending', 'retry', 'sent', 'dead')),
    outcome text check (outcome in ('delivered', 'skipped', 'suppressed', 'withdrawn')),
    attempts integer not null default 0 check (attempts >= 0),
    total_attempts integer not null default 0 check (total_attempts >= attempts),
    leases_lost integer not null default 0 check (leases_lost >= 0),
    next_attempt_at timestamptz,
    expires_at timestamptz,
    lease_token uuid,
    lease_runner text check (length(lease_runner) <= 255),
    lease_started_at timestamptz,
    lease_expires_at timestamptz,
    last_error text check (length(last_error) <= 128),
    created_at timestamptz not null,
    sent_at timestamptz,
    dead_at timestamptz,
    replay_count integer not null default 0 check (replay_count >= 0),
    last_replayed_at timestamptz,
    last_replayed_by uuid,
    request_id text not null default '' check (length(request_id) <= 64),
    traceparent text not null default '' check (length(traceparent) <= 64),
    primary key (org_id, event_id),
    constraint outbox_events_dedupe_key unique (org_id, dedupe_key),
    constraint outbox_events_due_until_settled
        check ((next_attempt_at is null) = (status in ('sent', 'dead'))),
    constraint outbox_events_outcome_when_sent check ((outcome is not null) = (status = 'sent')),
    constraint outbox_events_sent_at_when_delivered
        check ((sent_at is not null) = (outcome is not distinct from 'delivered')),
    constraint outbox_events_dead_at_when_dead check ((dead_at is not null) = (status = 'dead')),
    constraint outbox_events_lease_is_whole check (
        (lease_token is null) = (lease_expires_at is null)
        and (lease_token is null) = (lease_started_at is null)
        and (lease_token is null) = (lease_runner is null)
        and (lease_token is null or next_attempt_at is not null)
    )
"""

OUTBOX_ATTEMPTS = """
    event_id uuid not null,
    attempt integer not null check (attempt >= 1),
    started_at timestamptz not null,
    finished_at timestamptz,
    duration_ms integer check (duration_ms >= 0),
    outcome text not null check (outcome in ('delivered', 'failed', 'lost', 'late')),
    error text check (length(error) <= 128),
    http_status integer,
    provider_message_id text check (length(provider_message_id) <= 255),
    runner text not null check (length(runner) <= 255),
    primary key (org_id, event_id, attempt),
    foreign key (org_id, event_id) references outbox_events (org_id, event_id) on delete cascade
"""

EMAIL_EVENTS = """
    event_id uuid not null,
    email_type text not null check (length(email_type) between 1 and 64),
    template_version integer not null default 0,
    lead_id uuid,
    booking_id uuid,
    invoice_id uuid,
    recipient text not null,
    recipient_norm text not null,
    subject text not null default '',
    status text not null default 'queued' check (status in
        ('queued', 'sent', 'delivered', 'bounced', 'complained', 'suppressed', 'skipped', 'withdrawn',
         'dead')),
    provider_message_id text check (length(provider_message_id) <= 255),
    resend_of uuid,
    created_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    bounced_at timestamptz,
    primary key (org_id, event_id),
    foreign key (org_id, event_id) references outbox_events (org_id, event_id) on delete cascade
"""

JOB_HEARTBEATS = """
    name text primary key check (length(name) <= 64),
    last_heartbeat timestamptz,
    last_success_at timestamptz,
    last_error text check (length(last_error) <= 128),
    last_error_at timestamptz,
    consecutive_failures integer not null default 0 check (consecutive_failures >= 0),
    running_since timestamptz,
    last_started_at timestamptz,
    last_duration_ms bigint,
    next_run_at timestamptz,
    runners jsonb not null default '{}'
"""

INDEXES = (
    # Only unsettled rows: the due ones of an organisation are its head, however many have been sent.
    (
        "create index outbox_events_due on outbox_events (org_id, next_attempt_at, event_id)"
        " where next_attempt_at is not null"
    ),
    "create index outbox_events_resource on outbox_events (org_id, resource_type, resource_id)",
    "create index outbox_events_newest on outbox_events (org_id, created_at, event_id)",
    (
        'create index outbox_events_dedupe_prefix on outbox_events (org_id, dedupe_key collate "C")'
        " where next_attempt_at is not null"
    ),
    "create index email_events_recipient on email_events (org_id, recipient_norm, created_at, event_id)",
    "create index email_events_newest on email_events (org_id, created_at, event_id)",
    "create index email_events_booking on email_events (org_id, booking_id) where booking_id is not null",
    "create index email_events_lead on email_events (org_id, lead_id) where lead_id is not null",
)

# Hops from organisation to organisation along the index, so that a million due rows of one cost the
# others nothing; then takes the head of each.
DUE = """
    with recursive waiting (org_id) as (
        (select e.org_id from outbox_events e
          where e.next_attempt_at is not null
            and e.org_id > coalesce(behind, '00000000-0000-0000-0000-000000000000')
          order by e.org_id limit 1)
        union all
        select (select e.org_id from outbox_events e
                 where e.next_attempt_at is not null and e.org_id > w.org_id
                 order by e.org_id limit 1)
          from waiting w where w.org_id is not null
    ), due_orgs as (
        select w.org_id from waiting w
          join orgs o on o.id = w.org_id and o.status = 'active'
         where exists (select from outbox_events e where e.org_id = w.org_id and e.next_attempt_at <= due_at)
         order by w.org_id limit max_orgs
    )
    select d.org_id, head.event_id
      from due_orgs d
      cross join lateral (
        select e.event_id, e.next_attempt_at from outbox_events e
         where e.org_id = d.org_id and e.next_attempt_at <= due_at
         order by e.next_attempt_at, e.event_id limit per_org
      ) head
     order by d.org_id, head.next_attempt_at, head.event_id
"""

LEFTOVERS = """
    select o.id from orgs o
     where o.status = 'active'
       and (exists (select from idempotency_keys k where k.org_id = o.id and k.expires_at <= due_at)
            or exists (select from sessions s where s.org_id = o.id and s.refresh_expires_at <= due_at))
"""


def upgrade() -> None:
    tenant_table("outbox_events", OUTBOX_EVENTS)
    tenant_table("outbox_attempts", OUTBOX_ATTEMPTS)
    tenant_table("email_events", EMAIL_EVENTS)
    global_table("job_heartbeats", JOB_HEARTBEATS, grants="select, insert, update")
    run(*INDEXES)
    door(
        "outbox_due",
        "due_at timestamptz, behind uuid, max_orgs integer, per_org integer",
        "table (org_id uuid, event_id uuid)",
        DUE,
        reads={"outbox_events": ["org_id", "event_id", "next_attempt_at"], "orgs": ["id", "status"]},
    )
    run("create index sessions_expiry on sessions (org_id, refresh_expires_at)")
    door(
        "orgs_with_leftovers",
        "due_at timestamptz",
        "setof uuid",
        LEFTOVERS,
        reads={
            "orgs": ["id", "status"],
            "idempotency_keys": ["org_id", "expires_at"],
            "sessions": ["org_id", "refresh_expires_at"],
        },
    )


def downgrade() -> None:
    drop_door("orgs_with_leftovers", reads={"idempotency_keys": ()})
    run("drop index sessions_expiry")
    drop_door("outbox_due", reads={"outbox_events": ()})
    drop_tables("job_heartbeats", "email_events", "outbox_attempts", "outbox_events")
