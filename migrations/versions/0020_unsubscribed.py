"""unsubscribed: an address that asked for no more mail may be known by its keyed hash alone."""

from migrations.schema import run

revision = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(
        "alter table email_suppressions add column address_hash bytea check (length(address_hash) = 32),"
        " alter column recipient drop not null, alter column recipient_norm drop not null,"
        " add constraint email_suppressions_hash_scope unique (org_id, address_hash, scope),"
        " add constraint email_suppressions_of_somebody check ("
        "   (recipient is null) = (recipient_norm is null)"
        "   and (recipient is not null or address_hash is not null))"
    )


def downgrade() -> None:
    """Who is known by a hash alone keeps their row; it holds back nothing until this is done again."""
    run(
        "alter table email_suppressions drop constraint email_suppressions_of_somebody",
        "alter table email_suppressions no force row level security",
        "update email_suppressions set recipient = concat('hash ', encode(address_hash, 'hex')),"
        " recipient_norm = concat('hash ', encode(address_hash, 'hex')) where recipient is null",
        "alter table email_suppressions force row level security",
        "alter table email_suppressions drop constraint email_suppressions_hash_scope,"
        " drop column address_hash,"
        " alter column recipient set not null, alter column recipient_norm set not null",
    )
