"""booking_overrides: what administrators decided otherwise than a booking's terms, one row each, for good."""

from migrations.schema import drop_tables, run, tenant_table

revision = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None

OVERRIDES = """
    override_id uuid not null,
    booking_id uuid not null,
    kind text not null
        check (kind in ('deposit_required', 'deposit_cents', 'risk_band', 'cancellation_exception')),
    value jsonb not null,
    before jsonb,
    reason text not null check (length(reason) between 1 and 500),
    created_by uuid,
    created_at timestamptz not null,
    primary key (org_id, override_id),
    foreign key (org_id, booking_id) references bookings (org_id, booking_id)
"""


def upgrade() -> None:
    tenant_table("booking_overrides", OVERRIDES, append_only=True)
    run(
        "create index booking_overrides_by_booking"
        " on booking_overrides (org_id, booking_id, created_at, override_id)"
    )


def downgrade() -> None:
    drop_tables("booking_overrides")
