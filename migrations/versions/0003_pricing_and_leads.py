"""What an organisation charges, and who asks for work."""

from migrations.schema import drop_tables, run, tenant_table

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tenant_table(
        "price_books",
        """
        version integer not null check (version > 0),
        terms jsonb not null,
        created_at timestamptz not null,
        created_by uuid,
        primary key (org_id, version)
        """,
        append_only=True,
    )
    tenant_table(
        "add_ons",
        """
        add_on_id uuid not null,
        code text not null check (code ~ '^[a-z0-9_]{1,40}$'),
        name text not null check (length(name) between 1 and 120),
        price_cents bigint not null check (price_cents >= 0),
        minutes integer not null check (minutes >= 0),
        is_active boolean not null,
        version integer not null check (version > 0),
        primary key (org_id, add_on_id),
        constraint add_ons_code_key unique (org_id, code)
        """,
    )
    _leads()


def _leads() -> None:
    tenant_table(
        "leads",
        """
        lead_id uuid not null,
        name text not null check (length(name) between 1 and 120),
        phone text not null check (length(phone) between 3 and 32),
        email text check (length(email) <= 254),
        postal_code text check (length(postal_code) <= 16),
        address text check (length(address) <= 255),
        preferred_dates date[] not null check (cardinality(preferred_dates) <= 10),
        access_notes text check (length(access_notes) <= 500),
        parking text check (length(parking) <= 500),
        pets text check (length(pets) <= 500),
        allergies text check (length(allergies) <= 500),
        notes text check (length(notes) <= 2000),
        utm jsonb not null,
        referrer text check (length(referrer) <= 255),
        status text not null check (status in ('NEW', 'CONTACTED', 'BOOKED', 'DONE', 'CANCELLED')),
        source text not null check (source in ('public', 'office')),
        estimate jsonb,
        referral_code text not null check (referral_code ~ '^[A-HJ-NP-Z2-9]{8}$'),
        referred_by_code text,
        referral_credits integer not null check (referral_credits >= 0),
        referral_settled boolean not null,
        token_sha256 bytea check (length(token_sha256) = 32),
        token_expires_at timestamptz,
        client_address text,
        version integer not null check (version > 0),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        name_norm text not null,
        phone_norm text not null,
        email_norm text,
        primary key (org_id, lead_id),
        constraint leads_referral_code_key unique (org_id, referral_code),
        check ((token_sha256 is null) = (token_expires_at is null))
        """,
    )
    run(
        "create index leads_newest on leads (org_id, created_at desc, lead_id)",
        "create index leads_by_email on leads (org_id, email_norm)",
        "create index leads_by_phone on leads (org_id, phone_norm)",
        "create index leads_by_client_address on leads (org_id, client_address, created_at) "
        "where source = 'public'",
    )


def downgrade() -> None:
    drop_tables("leads", "add_ons", "price_books")
