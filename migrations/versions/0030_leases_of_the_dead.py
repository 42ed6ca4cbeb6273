"""leases of the dead: a runner may learn which messages a dead one still holds."""

from migrations.schema import DOORS_OWNER, door, drop_door, run

revision = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None

# A claim takes what has been due longest and leaves it its place: what is held stands at the head of its
# kind, and an index of its own would cost every claim. So the head alone is read, however long the queue is.
HELD = """
    with recursive waiting (org_id) as (
        (select e.org_id from outbox_events e
          where e.next_attempt_at is not null
          order by e.org_id, e.next_attempt_at, e.event_id limit 1)
        union all
        select (select e.org_id from outbox_events e
                 where e.next_attempt_at is not null and e.org_id > w.org_id
                 order by e.org_id, e.next_attempt_at, e.event_id limit 1)
          from waiting w where w.org_id is not null
    )
    select w.org_id, head.event_id
      from waiting w
      cross join unnest(kinds) as wanted (kind)
      cross join lateral (
        select e.event_id, e.lease_runner, e.lease_expires_at from outbox_events e
         where e.org_id = w.org_id and (e.kind, e.next_attempt_at) >= (wanted.kind, '-infinity')
           and (e.kind, e.next_attempt_at) <= (wanted.kind, held_at) and e.next_attempt_at <= held_at
         order by e.kind, e.next_attempt_at, e.event_id limit 200
      ) head
     where w.org_id is not null and head.lease_runner = any (runners) and head.lease_expires_at > held_at
     order by w.org_id, head.event_id
"""
COLUMNS = ["org_id", "event_id", "kind", "next_attempt_at", "lease_runner", "lease_expires_at"]


def upgrade() -> None:
    door(
        "outbox_held_by",
        "runners text[], kinds text[], held_at timestamptz",
        "table (org_id uuid, event_id uuid)",
        f"begin return query {HELD}; end",
        reads={"outbox_events": COLUMNS},
        language="plpgsql",
        volatility="stable set plan_cache_mode = force_generic_plan",
    )


def downgrade() -> None:
    drop_door("outbox_held_by", reads={})
    run(f"revoke select (lease_runner) on outbox_events from {DOORS_OWNER}")  # no other door reads it
