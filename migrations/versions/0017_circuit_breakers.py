"""circuit breakers: what the installation knows of the parts of the world, and what is due of some kinds."""

from migrations.schema import door, drop_door, drop_tables, global_table, run

revision = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None

CIRCUIT_BREAKERS = """
    name text primary key check (length(name) <= 64),
    faults timestamptz[] not null default '{}',
    open_until timestamptz,
    trial uuid,
    trial_until timestamptz,
    opened_total integer not null default 0 check (opened_total >= 0),
    constraint circuit_breakers_trial_is_whole check (
        (trial is null) = (trial_until is null) and (trial is null or open_until is not null)
    )
"""

# As outbox_due, of the kinds named alone: along an index of its own, so a backlog of others costs nothing.
DUE_OF = """
    with recursive waiting (org_id) as (
        (select e.org_id from outbox_events e
          where e.next_attempt_at is not null
            and e.org_id > coalesce(behind, '00000000-0000-0000-0000-000000000000')
          order by e.org_id limit 1)
        union all
        select (select e.org_id from outbox_events e
                 where e.next_attempt_at is not null and e.org_id > w.org_id
                 order by e.org_id limit 1)
          from waiting w where w.org_id is not null
    ), due_orgs as (
        select w.org_id from waiting w
          join orgs o on o.id = w.org_id and o.status = 'active'
         where exists (
             select from unnest(kinds) as wanted (kind)
              cross join lateral (
                select from outbox_events e
                 where e.org_id = w.org_id and e.kind = wanted.kind and e.next_attempt_at <= due_at limit 1
              ) one
         )
         order by w.org_id limit max_orgs
    )
    select d.org_id, head.event_id
      from due_orgs d
      cross join lateral (
        select of_kind.event_id, of_kind.next_attempt_at
          from unnest(kinds) as wanted (kind)
          cross join lateral (
            select e.event_id, e.next_attempt_at from outbox_events e
             where e.org_id = d.org_id and e.kind = wanted.kind and e.next_attempt_at <= due_at
             order by e.next_attempt_at, e.event_id limit per_org
          ) of_kind
         order by of_kind.next_attempt_at, of_kind.event_id limit per_org
      ) head
     order by d.org_id, head.next_attempt_at, head.event_id
"""


def upgrade() -> None:
    global_table("circuit_breakers", CIRCUIT_BREAKERS, grants="select, insert, update")
    run(
        "create index outbox_events_due_of_kind on outbox_events (org_id, kind, next_attempt_at, event_id)"
        " where next_attempt_at is not null"
    )
    door(
        "outbox_due_of",
        "due_at timestamptz, kinds text[], behind uuid, max_orgs integer, per_org integer",
        "table (org_id uuid, event_id uuid)",
        DUE_OF,
        reads={"outbox_events": ["org_id", "event_id", "kind", "next_attempt_at"], "orgs": ["id", "status"]},
    )


def downgrade() -> None:
    drop_door("outbox_due_of", reads={})
    run("drop index outbox_events_due_of_kind")
    drop_tables("circuit_breakers")
