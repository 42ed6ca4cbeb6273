"""Mailed links, proven mailboxes, members who were invited."""

from migrations.schema import APP, door, drop_door, drop_tables, run, tenant_table

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

LINK_READS = {"mailed_links": ("org_id", "token_sha256")}
NAMED = "update memberships set name_key = lower(name) where name is not null"


def upgrade() -> None:
    run(
        "alter table persons add column proven_at timestamptz,"
        " add column password_epoch integer not null default 0",
        "alter table persons alter column password_epoch drop default",
        f"grant update (proven_at, password_epoch) on persons to {APP}",
        "alter table memberships add column name_key text, add column joined boolean not null default true",
        "alter table memberships alter column joined drop default",
        # Forced policies bind the owner too: for this one statement they do not.
        "alter table memberships no force row level security",
        NAMED,
        "alter table memberships force row level security",
        "create index memberships_active_owners on memberships (org_id)"
        " where role = 'owner' and status = 'active'",
    )
    tenant_table(
        "mailed_links",
        """
        link_id uuid not null,
        user_id uuid not null,
        purpose text not null check (purpose in ('password_reset', 'invitation')),
        token_sha256 bytea not null check (length(token_sha256) = 32),
        password_epoch integer not null,
        created_at timestamptz not null,
        expires_at timestamptz not null check (expires_at > created_at),
        used_at timestamptz,
        voided_at timestamptz,
        primary key (org_id, link_id),
        unique (org_id, token_sha256),
        foreign key (org_id, user_id) references memberships (org_id, user_id)
        """,
    )
    run(
        "create unique index mailed_links_one_open on mailed_links (org_id, user_id, purpose)"
        " where used_at is null and voided_at is null",
        "create index mailed_links_by_hash on mailed_links (token_sha256)",
        "create index mailed_links_newest on mailed_links (org_id, user_id, purpose, created_at)",
    )
    door(
        "mailed_link_org",
        "p_token_sha256 bytea",
        "uuid",
        "select org_id from mailed_links where token_sha256 = p_token_sha256",
        reads=LINK_READS,
    )


def downgrade() -> None:
    drop_door("mailed_link_org", reads=LINK_READS)
    drop_tables("mailed_links")
    run(
        "drop index memberships_active_owners",
        "alter table memberships drop column joined, drop column name_key",
        "alter table persons drop column password_epoch, drop column proven_at",
    )
