"""Bookings and their crews; the database itself refuses to hold one time twice."""

from migrations.schema import door, drop_door, drop_tables, run, tenant_table

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

DUE_DOOR = "orgs_with_overdue_bookings"
DUE_READS = {"bookings": ["org_id", "status", "expires_at"]}

BOOKINGS = """
    booking_id uuid not null,
    version integer not null,
    status text not null check (status in ('PENDING', 'CONFIRMED', 'DONE', 'CANCELLED')),
    source text not null check (source in ('public', 'office', 'client', 'series')),
    lead_id uuid,
    client_id uuid,
    team_id uuid not null,
    crew_needed integer not null check (crew_needed >= 1),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    buffer_minutes integer not null check (buffer_minutes between 0 and 240),
    held_until timestamptz not null,
    time_warnings text[] not null,
    expires_at timestamptz,
    confirmed_at timestamptz,
    completed_at timestamptz,
    cancelled_at timestamptz,
    cancelled_by text check (cancelled_by in ('client', 'office', 'system')),
    cancel_reason text,
    cancellation jsonb,
    cancellation_exception boolean not null,
    cancellation_exception_note text,
    service_type text,
    address text,
    access_notes text,
    notes text,
    estimate jsonb,
    add_ons jsonb not null,
    planned_minutes integer not null,
    actual_duration_minutes integer,
    cleaner_seconds bigint not null,
    consent_photos boolean not null,
    currency text not null,
    deposit_required boolean not null,
    deposit_cents bigint,
    deposit_status text not null
        check (deposit_status in ('none', 'due', 'requested', 'paid', 'failed', 'waived', 'expired')),
    deposit_policy text[] not null,
    risk_score integer not null check (risk_score between 0 and 100),
    risk_band text not null check (risk_band in ('LOW', 'MEDIUM', 'HIGH')),
    risk_reasons text[] not null,
    policy_snapshot jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (org_id, booking_id),
    foreign key (org_id, lead_id) references leads (org_id, lead_id),
    foreign key (org_id, team_id) references teams (org_id, team_id),
    check (ends_at - starts_at between interval '15 minutes' and interval '1440 minutes'),
    check (held_until - ends_at = buffer_minutes * interval '1 minute'),
    check ((status = 'CANCELLED') = (cancelled_at is not null)),
    constraint bookings_team_time_excl exclude using gist (
        org_id with =, team_id with =, tstzrange(starts_at, held_until, '[)') with &&
    ) where (status in ('PENDING', 'CONFIRMED'))
"""

BOOKING_CREW = """
    booking_id uuid not null,
    worker_id uuid not null,
    starts_at timestamptz not null,
    held_until timestamptz not null,
    live boolean not null,
    primary key (org_id, booking_id, worker_id),
    foreign key (org_id, booking_id) references bookings (org_id, booking_id),
    foreign key (org_id, worker_id) references workers (org_id, worker_id),
    constraint booking_crew_worker_time_excl exclude using gist (
        org_id with =, worker_id with =, tstzrange(starts_at, held_until, '[)') with &&
    ) where (live)
"""

INDEXES = (
    "create index bookings_by_start on bookings (org_id, starts_at, booking_id)",
    "create index bookings_by_team on bookings (org_id, team_id, starts_at)",
    "create index bookings_by_lead on bookings (org_id, lead_id, starts_at) where lead_id is not null",
    """
    create index bookings_waiting_for_payment on bookings (org_id, expires_at, booking_id)
    where status = 'PENDING' and expires_at is not null
    """,
    "create index booking_crew_by_worker on booking_crew (org_id, worker_id, starts_at)",
)

OVERDUE_ORGS = """
    select distinct org_id from bookings
    where status = 'PENDING' and expires_at is not null and expires_at <= due_at
"""


def upgrade() -> None:
    tenant_table("bookings", BOOKINGS)
    tenant_table("booking_crew", BOOKING_CREW)
    run(*INDEXES)
    door(DUE_DOOR, "due_at timestamptz", "setof uuid", OVERDUE_ORGS, reads=DUE_READS)


def downgrade() -> None:
    drop_door(DUE_DOOR, reads=DUE_READS)
    drop_tables("booking_crew", "bookings")
