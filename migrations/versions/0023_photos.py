"""Photos of visits, the clients' consent to them, and the signed links that open once."""

from migrations.schema import door, drop_door, drop_tables, run, tenant_table

revision = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None

PHOTOS = """
    photo_id uuid not null,
    booking_id uuid not null,
    state text not null check (state in ('uploading', 'stored')),
    size_bytes bigint not null check (size_bytes >= 0),
    uploader_kind text not null check (uploader_kind in ('staff', 'worker')),
    uploader_id uuid,
    uploader_name text not null,
    uploaded_at timestamptz not null,
    phase text check (phase in ('BEFORE', 'AFTER')),
    filename text check (length(filename) between 1 and 120),
    content_type text,
    extension text,
    width integer,
    height integer,
    sha256 bytea,
    sent_sha256 bytea,
    stored_key text,
    stored_thumbnail_key text,
    review_status text check (review_status in ('pending', 'approved', 'needs_retake')),
    review_comment text,
    reviewed_by uuid,
    reviewed_at timestamptz,
    replaces uuid,
    replaced_by uuid,
    version integer not null,
    primary key (org_id, photo_id),
    foreign key (org_id, booking_id) references bookings (org_id, booking_id),
    foreign key (org_id, replaces) references order_photos (org_id, photo_id),
    foreign key (org_id, replaced_by) references order_photos (org_id, photo_id),
    check (state = 'uploading' or num_nulls(
        phase, filename, content_type, extension, width, height, sha256, sent_sha256, stored_key,
        review_status
    ) = 0)
"""

INDEXES = (
    "create index order_photos_by_upload on order_photos (org_id, booking_id, uploaded_at, photo_id)",
    # The same bytes for the same order and phase are one photo, however many send them at once.
    """
    create unique index order_photos_same_bytes on order_photos (org_id, booking_id, phase, sent_sha256)
    where state = 'stored'
    """,
    """
    create index order_photos_in_queue on order_photos (org_id, uploaded_at, photo_id)
    where state = 'stored' and replaced_by is null and review_status in ('pending', 'needs_retake')
    """,
    "create index order_photos_uploading on order_photos (org_id, uploaded_at) where state = 'uploading'",
    "create index order_photos_replaces on order_photos (org_id, replaces) where replaces is not null",
    """
    create index order_photos_replaced_by on order_photos (org_id, replaced_by)
    where replaced_by is not null
    """,
)

SPENT_LINKS = """
    jti text not null check (length(jti) between 1 and 64),
    expires_at timestamptz not null,
    primary key (org_id, jti)
"""

STALE_DOOR = "orgs_with_stale_uploads"
STALE_READS = {"order_photos": ["org_id", "state", "uploaded_at"]}
STALE_ORGS = """
    select distinct org_id from order_photos where state = 'uploading' and uploaded_at < begun_before
"""

CONSENT = """
    alter table bookings
        add column consent_set_by text,
        add column consent_set_at timestamptz,
        add column consent_note text check (length(consent_note) <= 255),
        add check ((consent_set_at is null) = (consent_set_by is null))
"""
NO_CONSENT = """
    alter table bookings drop column consent_set_by, drop column consent_set_at, drop column consent_note
"""


def upgrade() -> None:
    run(CONSENT)
    tenant_table("order_photos", PHOTOS)
    tenant_table("spent_photo_links", SPENT_LINKS)
    run(*INDEXES, "create index spent_photo_links_by_end on spent_photo_links (org_id, expires_at)")
    door(STALE_DOOR, "begun_before timestamptz", "setof uuid", STALE_ORGS, reads=STALE_READS)


def downgrade() -> None:
    drop_door(STALE_DOOR, reads=STALE_READS)
    drop_tables("spent_photo_links", "order_photos")
    run(NO_CONSENT)
