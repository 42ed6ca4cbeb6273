"""mails of leads: a mail about a visit knows whose client it is about, so a lead's mails can be asked for."""

from migrations.schema import run

revision = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forced policies bind the owner too: without this the update would find no row."""
    tables = ("email_events", "bookings")
    run(
        *(f"alter table {table} no force row level security" for table in tables),
        "update email_events e set lead_id = b.lead_id from bookings b"
        " where b.org_id = e.org_id and b.booking_id = e.booking_id"
        " and e.lead_id is null and b.lead_id is not null",
        *(f"alter table {table} force row level security" for table in tables),
    )


def downgrade() -> None:
    """What is known of a mail stays: it is true, and nothing relied on its absence."""
