"""storage_tombstones: objects of a store that must be gone, and may not be yet."""

from migrations.schema import door, drop_door, drop_tables, run, tenant_table

revision = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None

# No foreign keys: booking and photo may be gone before their bytes are.
TOMBSTONES = """
    tombstone_id uuid not null,
    booking_id uuid not null,
    photo_id uuid not null,
    variant text not null check (variant in ('original', 'thumbnail')),
    object_key text not null check (length(object_key) between 1 and 400),
    stored_key text check (length(stored_key) between 1 and 400),
    state text not null check (state in ('pending', 'stuck')),
    attempts integer not null check (attempts >= 0),
    last_error text,
    next_attempt_at timestamptz not null,
    lease_expires_at timestamptz,
    created_at timestamptz not null,
    primary key (org_id, tombstone_id)
"""
READS = {"storage_tombstones": ["org_id", "tombstone_id", "state", "next_attempt_at", "lease_expires_at"]}

DUE = """
    select distinct org_id from storage_tombstones
     where next_attempt_at <= due_at and (lease_expires_at is null or lease_expires_at <= due_at)
"""
QUEUE = "select state, count(*) from storage_tombstones group by state"


def upgrade() -> None:
    tenant_table("storage_tombstones", TOMBSTONES)
    run(
        "create index storage_tombstones_due on storage_tombstones (org_id, next_attempt_at, tombstone_id)",
        "create index storage_tombstones_age on storage_tombstones (org_id, created_at, tombstone_id)",
    )
    door("orgs_with_due_tombstones", "due_at timestamptz", "setof uuid", DUE, reads=READS)
    door("storage_delete_queue", "", "table (state text, objects bigint)", QUEUE, reads=READS)


def downgrade() -> None:
    drop_door("orgs_with_due_tombstones", reads={})
    drop_door("storage_delete_queue", reads={})
    drop_tables("storage_tombstones")
