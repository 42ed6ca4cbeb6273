"""suppressions: addresses that get no mail any more, or none of one kind."""

from migrations.schema import drop_tables, tenant_table

revision = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None

SUPPRESSIONS = """
    suppression_id uuid not null,
    recipient text not null check (length(recipient) between 1 and 254),
    recipient_norm text not null,
    scope text not null check (scope in ('all', 'marketing', 'nps')),
    reason text not null check (reason in ('hard_bounce', 'complaint', 'manual', 'unsubscribed')),
    source_event_id uuid,
    created_at timestamptz not null,
    primary key (org_id, suppression_id),
    constraint email_suppressions_recipient_scope unique (org_id, recipient_norm, scope)
"""


def upgrade() -> None:
    tenant_table("email_suppressions", SUPPRESSIONS)


def downgrade() -> None:
    drop_tables("email_suppressions")
