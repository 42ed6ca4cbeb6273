"""reminders: which organisations have visits near of which nobody was reminded."""

from migrations.schema import door, drop_door, run

revision = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None

READS = {
    "orgs": ["id", "status"],
    "bookings": ["org_id", "booking_id", "status", "starts_at"],
    "outbox_events": ["org_id", "dedupe_key"],
}

NEAR = """
    select orgs.id from orgs where orgs.status = 'active' and exists (
        select from bookings b
         where b.org_id = orgs.id and b.status = 'CONFIRMED' and b.starts_at > after and b.starts_at <= until
           and not exists (
               select from outbox_events e
                where e.org_id = b.org_id
                  and e.dedupe_key = concat(
                      'booking:', b.booking_id::text, ':reminder_24h:',
                      floor(extract(epoch from b.starts_at))::bigint)))
"""


def upgrade() -> None:
    door("orgs_with_near_visits", "after timestamptz, until timestamptz", "setof uuid", NEAR, reads=READS)


def downgrade() -> None:
    drop_door("orgs_with_near_visits", reads={})
    run(
        "revoke select (booking_id, starts_at) on bookings from sweepline_doors",
        "revoke select (dedupe_key) on outbox_events from sweepline_doors",
    )
